import type { CSSProperties } from "react";
import { FileName } from "./FileName";
import classes from "./TopicPill.module.css";

/** A topic with its colour; the text keeps its contrast whatever colour was chosen. */
export function TopicPill({ name, color }: { name: string; color: string }) {
  return (
    <span className={classes.pill} style={{ "--topic": color } as CSSProperties}>
      <span className={classes.dot} aria-hidden="true" />
      <span className={classes.name}>
        <FileName name={name} />
      </span>
    </span>
  );
}
