import { ACTIVE, type UploadItem } from "./item";

/** How a whole batch is doing. */
export interface UploadSummary {
  total: number;
  ready: number;
  failed: number;
  cancelled: number;
  /** Files that have not reached the vault yet. */
  unsent: number;
  processing: number;
  /** Share of all work done: half of it is sending, half of it processing. */
  progress: number;
  words: string;
}

export function summarize(items: readonly UploadItem[]): UploadSummary {
  let ready = 0;
  let failed = 0;
  let cancelled = 0;
  let unsent = 0;
  let processing = 0;
  let done = 0;
  for (const item of items) {
    if (item.state === "ready" || item.state === "duplicate") ready += 1;
    else if (item.state === "failed") failed += 1;
    else if (item.state === "cancelled") cancelled += 1;
    else if (item.state === "processing") processing += 1;
    if (ACTIVE.has(item.state)) {
      unsent += 1;
      done += item.size > 0 ? (item.sent / item.size) * 0.5 : 0;
    } else {
      done += item.state === "processing" ? 0.5 : 1;
    }
  }
  const total = items.length;
  const parts = [`${ready} of ${total} ready`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (cancelled > 0) parts.push(`${cancelled} cancelled`);
  const progress = total > 0 ? done / total : 0;
  return { total, ready, failed, cancelled, unsent, processing, progress, words: parts.join(", ") };
}
