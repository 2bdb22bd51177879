import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import type { AITrial } from "@/api/types";
import classes from "./InForce.module.css";

/** How a connection test went, in the server's sentence. */
export function TrialResult({ trial }: { trial: AITrial }) {
  const Icon = trial.ok ? IconCircleCheck : IconAlertTriangle;
  return (
    <p className={trial.ok ? classes.good : classes.bad}>
      <Icon size={22} aria-hidden />
      <span>
        {trial.sentence} <small>({Math.round(trial.latency_ms)} ms)</small>
      </span>
    </p>
  );
}
