import { IconInfoCircle } from "@tabler/icons-react";
import type { Leg } from "@/api/types";
import classes from "./DegradedBanner.module.css";

const WAYS: Record<Leg, string> = {
  meaning: "by meaning",
  words: "by words",
  exact: "for exact text",
};

/** Says in plain words which ways of searching are away just now. */
export function DegradedBanner({ legs }: { legs: readonly Leg[] }) {
  if (legs.length === 0) return null;
  const ways = new Intl.ListFormat("en", { type: "conjunction" }).format(
    legs.map((leg) => WAYS[leg]),
  );
  return (
    <div className={classes.banner} role="status">
      <IconInfoCircle size={20} aria-hidden />
      <span>
        Searching {ways} does not work just now, so some documents may be missing here. Nothing is
        lost; try again in a moment.
      </span>
    </div>
  );
}
