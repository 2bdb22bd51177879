import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import type { Status } from "@/api/types";
import { announce } from "../notices";
import classes from "./Summary.module.css";

/** How the vault is doing, in one line. */
export function Summary({ status }: { status: Status }) {
  const found = announce(status);
  const tone = !found ? "good" : found.severe ? "bad" : "limited";
  const Icon = { good: IconCircleCheck, limited: IconInfoCircle, bad: IconAlertTriangle }[tone];
  return (
    <p className={classes.line} data-tone={tone} role="status">
      <Icon size={22} aria-hidden className={classes.icon} />
      <span>
        {found?.words ?? "Everything works."}
        {found && found.others > 0 && ` ${found.others} more below.`}
      </span>
    </p>
  );
}
