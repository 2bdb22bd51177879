import { Skeleton } from "@mantine/core";
import classes from "./DocumentRow.module.css";

const ROWS = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** Where the rows will be. */
export function DocumentListSkeleton() {
  return (
    <ul style={{ margin: 0, padding: 0, listStyle: "none" }} aria-hidden="true">
      {ROWS.map((row, index) => (
        <li key={row} className={classes.row}>
          <Skeleton width={40} height={40} radius={10} />
          <div className={classes.main}>
            <Skeleton height={14} width={`${58 - (index % 3) * 12}%`} mb={9} />
            <Skeleton height={11} width={`${34 + (index % 2) * 8}%`} />
          </div>
          <div className={classes.status}>
            <Skeleton height={24} width={84} radius="xl" />
          </div>
        </li>
      ))}
    </ul>
  );
}
