import type { Part } from "@/api/types";
import { Ago } from "@/shared/ui/Ago";
import { FileName } from "@/shared/ui/FileName";
import { Section } from "@/shared/ui/Section";
import { describeLatency, monitorOf, partName } from "../naming";
import { HealthMark } from "./HealthMark";
import classes from "./Parts.module.css";

function Row({ part }: { part: Part }) {
  return (
    <tr>
      <th scope="row">
        <FileName name={partName(part.name)} />
        {partName(part.name) !== part.name && <code className={classes.code}>{part.name}</code>}
      </th>
      <td>
        <HealthMark status={part.status} />
      </td>
      <td className={classes.message}>{`${part.message} ${part.works}`.trim()}</td>
      <td data-label="Answered in">
        {/* Nobody asks what a monitoring service outside tells of. */}
        {monitorOf(part.name) === null ? describeLatency(part.latency_ms) : "not asked"}
      </td>
      <td data-label="Since">{part.since ? <Ago at={part.since} /> : "not known"}</td>
    </tr>
  );
}

/** All parts: a table in wide windows, a card each in narrow ones. */
export function Parts({ parts }: { parts: readonly Part[] }) {
  return (
    <Section title="Parts">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">Status</th>
            <th scope="col">What that means</th>
            <th scope="col">Answered in</th>
            <th scope="col">Since</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <Row key={part.name} part={part} />
          ))}
        </tbody>
      </table>
    </Section>
  );
}
