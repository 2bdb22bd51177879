import { visibleRuns } from "../text/visible";
import classes from "./FileName.module.css";

/** A name chosen by somebody else: cut off from the text around it, nothing in it hidden. */
export function FileName({ name }: { name: string }) {
  return (
    <bdi>
      {visibleRuns(name).map((run, index) =>
        run.escaped ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: runs have no other identity
          <span key={index} className={classes.escape} title="Invisible character in this name">
            {run.text}
          </span>
        ) : (
          run.text
        ),
      )}
    </bdi>
  );
}
