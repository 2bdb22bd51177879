import { Button } from "@mantine/core";
import { FINISHED, type UploadItem } from "../queue/item";
import type { UploadSummary } from "../queue/summary";
import { useUploads } from "../UploadsProvider";
import classes from "./UploadPanel.module.css";

const MANY = 5;

interface UploadPanelFootProps {
  items: readonly UploadItem[];
  summary: UploadSummary;
  onlyFailed: boolean;
  onOnlyFailed: (on: boolean) => void;
}

/** What can be done with all uploads at once. */
export function UploadPanelFoot(props: UploadPanelFootProps) {
  const { items, summary, onlyFailed, onOnlyFailed } = props;
  const { queue } = useUploads();
  const look = { size: "compact-sm", variant: "subtle", color: "gray" } as const;
  const again = items.filter((item) => item.state === "failed" && item.retryable);
  const clearable = items.some((item) => FINISHED.has(item.state));
  const many = summary.failed > 0 && summary.total > MANY;
  if (!clearable && summary.unsent < 2 && again.length < 2 && !many) return null;
  return (
    <div className={classes.foot}>
      {many && (
        <Button {...look} aria-pressed={onlyFailed} onClick={() => onOnlyFailed(!onlyFailed)}>
          {onlyFailed ? "Show all" : "Show failed"}
        </Button>
      )}
      {again.length > 1 && (
        <Button {...look} onClick={() => queue.retryFailed()}>
          Retry failed
        </Button>
      )}
      {summary.unsent > 1 && (
        <Button {...look} onClick={() => queue.cancelAll()}>
          Cancel all
        </Button>
      )}
      {clearable && (
        <Button {...look} onClick={() => queue.clearFinished()}>
          Clear finished
        </Button>
      )}
    </div>
  );
}
