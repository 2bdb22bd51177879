import { IconAlertTriangle, IconCheck, IconCircleX } from "@tabler/icons-react";
import type { HealthStatus } from "@/api/types";
import { HEALTH_WORDS } from "../naming";
import classes from "./HealthMark.module.css";

const ICONS: Record<HealthStatus, typeof IconCheck> = {
  healthy: IconCheck,
  degraded: IconAlertTriangle,
  unhealthy: IconCircleX,
};

/** How one part is doing: a shape and words, never colour alone. */
export function HealthMark({ status }: { status: HealthStatus }) {
  const Icon = ICONS[status];
  return (
    <span className={classes.mark} data-status={status}>
      <Icon size={14} stroke={2.2} aria-hidden />
      {HEALTH_WORDS[status]}
    </span>
  );
}
