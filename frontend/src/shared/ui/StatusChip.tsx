import { IconAlertTriangle, IconCheck, IconClock, IconLoader2 } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Document } from "@/api/types";
import { describeStatus, type StatusTone } from "../format/documents";
import { FailureReason } from "./FailureReason";
import classes from "./StatusChip.module.css";

const ICONS: Record<StatusTone, typeof IconCheck> = {
  ready: IconCheck,
  failed: IconAlertTriangle,
  waiting: IconClock,
  working: IconLoader2,
};

/** The look of a status without a document behind it. */
export function StatusMark({ tone, children }: { tone: StatusTone; children: ReactNode }) {
  const Icon = ICONS[tone];
  return (
    <span className={classes.chip} data-tone={tone}>
      <Icon size={14} stroke={2.2} aria-hidden className={classes.icon} />
      <span className={classes.words}>{children}</span>
    </span>
  );
}

interface StatusChipProps {
  document: Pick<Document, "status" | "stages" | "error">;
  /** Shown with the reason of a failure. */
  action?: ReactNode;
}

/** What a document is doing; a failure tells its sentence and code on hover, focus or press. */
export function StatusChip({ document, action }: StatusChipProps) {
  const { tone, words } = describeStatus(document);
  const mark = <StatusMark tone={tone}>{words}</StatusMark>;
  if (!document.error) return mark;
  return (
    <FailureReason failure={document.error} action={action}>
      {mark}
    </FailureReason>
  );
}
