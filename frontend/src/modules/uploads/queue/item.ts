import type { Failure } from "@/api/types";

export type UploadState =
  | "queued"
  | "uploading"
  | "processing"
  | "ready"
  | "duplicate"
  | "failed"
  | "cancelled";

/** One file on its way into the vault; a new object for every change. */
export interface UploadItem {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly state: UploadState;
  /** Bytes that have left so far. */
  readonly sent: number;
  /** Bytes per second, when it has been measured. */
  readonly rate: number | null;
  /** What the stored document is doing, in plain words. */
  readonly activity: string | null;
  readonly documentId: string | null;
  readonly failure: Failure | null;
  /** Whether another try may end better. */
  readonly retryable: boolean;
  /** Tries that ended because nobody answered. */
  readonly cuts: number;
}

export const ACTIVE: ReadonlySet<UploadState> = new Set(["queued", "uploading"]);
export const FINISHED: ReadonlySet<UploadState> = new Set(["ready", "duplicate", "cancelled"]);

const HOPELESS = new Set([
  "empty_file",
  "file_too_large",
  "body_too_large",
  "type_mismatch",
  "unsupported_media_type",
  "file_required",
  "idempotency_conflict",
]);

/** Whether sending the same bytes again may end better. */
export function sendingAgainMayHelp(code: string): boolean {
  return !HOPELESS.has(code);
}

/** Why a file need not even be sent, or null. */
export function refusalOf(file: File, maxBytes: number | null): Failure | null {
  if (file.size === 0) {
    return { code: "empty_file", message: "The file is empty, so there is nothing to keep." };
  }
  if (maxBytes !== null && file.size > maxBytes) {
    return { code: "file_too_large", message: "The file is larger than this vault accepts." };
  }
  return null;
}
