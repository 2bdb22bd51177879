import { ActionIcon, Progress, Tooltip } from "@mantine/core";
import {
  IconAlertTriangle,
  IconBan,
  IconCircleCheck,
  IconClock,
  IconCopy,
  IconLoader2,
  IconRefresh,
  IconUpload,
  IconX,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { formatBytes, formatPercent, formatRate } from "@/shared/format/quantity";
import { formatTimeLeft } from "@/shared/format/time";
import { visibleText } from "@/shared/text/visible";
import { FileName } from "@/shared/ui/FileName";
import { ACTIVE, type UploadItem, type UploadState } from "../queue/item";
import classes from "./UploadRow.module.css";

const ICONS: Record<UploadState, typeof IconClock> = {
  queued: IconClock,
  uploading: IconUpload,
  processing: IconLoader2,
  ready: IconCircleCheck,
  duplicate: IconCopy,
  failed: IconAlertTriangle,
  cancelled: IconBan,
};
/** Speed and time left are told only where people wait long enough to wonder. */
const LARGE = 5_000_000;

function transferWords({ sent, size, rate }: UploadItem): string {
  if (sent >= size) return "Storing";
  const parts = [formatPercent(sent / size)];
  if (size >= LARGE && rate !== null && rate > 0) {
    parts.push(formatRate(rate), formatTimeLeft((size - sent) / rate));
  }
  return parts.join(" · ");
}

function StateWords({ item }: { item: UploadItem }): ReactNode {
  switch (item.state) {
    case "queued":
      return item.cuts > 0 ? "Waiting for the server" : `Waiting · ${formatBytes(item.size)}`;
    case "uploading":
      return transferWords(item);
    case "processing":
      return item.activity === "Waiting"
        ? "Stored, waiting to be read"
        : `Stored · ${item.activity}`;
    case "ready":
      return "Ready";
    case "duplicate":
      return "Already in your vault, nothing was added";
    case "cancelled":
      return "Cancelled";
    case "failed":
      return (
        <>
          {item.failure?.message} <code className={classes.code}>{item.failure?.code}</code>
        </>
      );
  }
}

interface RowActionsProps {
  item: UploadItem;
  onRetry: () => void;
  onCancel: () => void;
  onDismiss: () => void;
}

function RowActions({ item, onRetry, onCancel, onDismiss }: RowActionsProps) {
  const name = visibleText(item.name);
  const look = { variant: "subtle", color: "gray", size: "md" } as const;
  const active = ACTIVE.has(item.state);
  return (
    <div className={classes.actions}>
      {item.retryable && (item.state === "failed" || item.state === "cancelled") && (
        <Tooltip label="Retry">
          <ActionIcon {...look} aria-label={`Retry ${name}`} onClick={onRetry}>
            <IconRefresh size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      <Tooltip label={active ? "Cancel" : "Dismiss"}>
        <ActionIcon
          {...look}
          aria-label={`${active ? "Cancel" : "Dismiss"} ${name}`}
          onClick={active ? onCancel : onDismiss}
        >
          <IconX size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

/** One file of the upload panel. */
export function UploadRow(props: RowActionsProps) {
  const { item } = props;
  const Icon = ICONS[item.state];
  return (
    <div className={classes.row} data-state={item.state} data-testid="upload-row">
      <Icon size={20} stroke={1.8} aria-hidden className={classes.icon} />
      <div className={classes.body}>
        <div className={classes.name}>
          {item.documentId ? (
            <Link to="/documents/$documentId" params={{ documentId: item.documentId }}>
              <FileName name={item.name} />
            </Link>
          ) : (
            <FileName name={item.name} />
          )}
        </div>
        <div className={classes.words}>
          <StateWords item={item} />
        </div>
        {item.state === "uploading" && (
          <Progress
            className={classes.bar}
            size="sm"
            value={item.size > 0 ? (item.sent / item.size) * 100 : 0}
            aria-label={`Upload of ${visibleText(item.name)}`}
          />
        )}
      </div>
      <RowActions {...props} />
    </div>
  );
}
