import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleMinus,
  IconProgress,
} from "@tabler/icons-react";
import type { StageOut, StageState } from "@/api/types";
import { STAGE_NAMES, STAGE_STATE_NAMES } from "@/shared/format/documents";
import { plural } from "@/shared/format/quantity";
import { formatAgo, formatDuration, formatMoment } from "@/shared/format/time";
import classes from "./StageList.module.css";

const ICONS: Record<StageState, typeof IconProgress> = {
  pending: IconCircleDashed,
  running: IconProgress,
  done: IconCircleCheck,
  skipped: IconCircleMinus,
  failed: IconAlertTriangle,
};

function timing(stage: StageOut, stopped: boolean): string {
  if (stage.state === "pending" && stopped) return "Not reached";
  if (stage.started_at && stage.finished_at) {
    const spent = Date.parse(stage.finished_at) - Date.parse(stage.started_at);
    return `${STAGE_STATE_NAMES[stage.state]} · ${formatDuration(spent / 1000)}`;
  }
  return STAGE_STATE_NAMES[stage.state];
}

/** What was done with less than everything, and whether it will be made up for. */
function reduction(stage: StageOut): string | null {
  if (stage.mode === "primary" || stage.state !== "done") return null;
  return `Filed without the AI provider${stage.next_run_at ? "; will be completed" : ""}.`;
}

/** What happened to a document since it was uploaded, step by step. */
export function StageList({ stages }: { stages: readonly StageOut[] }) {
  return (
    <ol className={classes.list}>
      {stages.map((stage, index) => {
        const stopped = stages.slice(0, index).some(({ state }) => state === "failed");
        const Icon = ICONS[stage.state];
        const reduced = reduction(stage);
        return (
          <li key={stage.stage} className={classes.stage} data-state={stage.state}>
            <Icon size={20} stroke={1.8} aria-hidden className={classes.icon} />
            <div className={classes.body}>
              <div className={classes.line}>
                <span className={classes.name}>{STAGE_NAMES[stage.stage]}</span>
                <span
                  className={classes.timing}
                  title={stage.finished_at ? formatMoment(stage.finished_at) : undefined}
                >
                  {timing(stage, stopped)}
                </span>
              </div>
              {stage.error && (
                <p className={classes.error}>
                  {stage.error.message} <code>{stage.error.code}</code>
                </p>
              )}
              {reduced && <p className={classes.note}>{reduced}</p>}
              {stage.attempts > 1 && (
                <p className={classes.note}>
                  {plural(stage.attempts, "try", "tries")}
                  {stage.state === "pending" &&
                    stage.next_run_at &&
                    `, next ${formatAgo(stage.next_run_at)}`}
                </p>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
