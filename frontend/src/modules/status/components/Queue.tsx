import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Status } from "@/api/types";
import { formatCount } from "@/shared/format/quantity";
import { formatDuration } from "@/shared/format/time";
import { Section } from "@/shared/ui/Section";
import classes from "./Queue.module.css";

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The work on documents that waits, runs and failed. */
export function Queue({ queue }: { queue: Status["queue"] }) {
  if (!queue) {
    return (
      <Section title="Work">
        <p className={classes.note}>Cannot be told while the database does not answer.</p>
      </Section>
    );
  }
  return (
    <Section title="Work">
      <dl className={classes.figures}>
        <Figure name="Steps waiting">{formatCount(queue.waiting)}</Figure>
        <Figure name="The oldest waits for">
          {queue.waiting > 0 ? formatDuration(queue.oldest_seconds) : "–"}
        </Figure>
        <Figure name="Being worked on">{formatCount(queue.running)}</Figure>
        <Figure name="Failed">
          {formatCount(queue.failed)}
          {queue.failed > 0 && (
            <Link to="/" search={{ status: "failed" }} className={classes.link}>
              Show the documents
            </Link>
          )}
        </Figure>
      </dl>
      <p className={classes.note}>
        Every document goes through three steps: reading, finding topics, making searchable.
      </p>
    </Section>
  );
}
