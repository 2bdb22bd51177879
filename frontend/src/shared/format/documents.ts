import type { Document, DocumentTopic, Family, Leg, Stage, StageState } from "@/api/types";

/** Facts about documents in the words of people. */
export const FAMILY_NAMES: Record<Family, string> = {
  pdf: "PDF",
  office: "Office document",
  text: "Text",
  email: "E-mail",
  image: "Image",
  other: "Other",
};

export const STAGE_NAMES: Record<Stage, string> = {
  extract: "Reading text",
  classify: "Finding topics",
  embed: "Making searchable",
};

export const STAGE_STATE_NAMES: Record<StageState, string> = {
  pending: "Waiting",
  running: "Running",
  done: "Done",
  skipped: "Skipped",
  failed: "Failed",
};

export const LEG_NAMES: Record<Leg, string> = {
  meaning: "by meaning",
  words: "by words",
  exact: "exact text",
};

export const TOPIC_SOURCE_NAMES: Record<DocumentTopic["source"], string> = {
  user: "Set by you",
  local: "Found automatically on this server",
  ai: "Found by the AI provider",
  rule: "Set by one of your rules",
};

const FAILURE_WORDS: Record<string, string> = {
  encrypted: "password protected",
  corrupt_file: "damaged file",
  unsupported_type: "type cannot be read",
  no_text: "no text found",
  expansion_limit: "unpacks to too much",
  archive_bomb: "dangerous archive",
  nesting_limit: "nested too deeply",
  parser_crashed: "reader crashed",
  parser_timeout: "took too long",
  parser_memory: "needed too much memory",
  integrity_failed: "stored file has changed",
  storage_object_missing: "stored file is missing",
  worker_died: "processing was cut off",
  ai_unavailable: "AI provider away",
  ai_invalid_output: "unusable AI answer",
};

/** These say something about the file itself, so the same file fails the same way again. */
const LASTING = new Set([
  "encrypted",
  "corrupt_file",
  "unsupported_type",
  "no_text",
  "expansion_limit",
  "archive_bomb",
  "nesting_limit",
  "storage_object_missing",
  "integrity_failed",
]);

export function failureWords(code: string): string {
  return FAILURE_WORDS[code] ?? "could not be processed";
}

/** Whether another try of the same file may end better. */
export function retryMayHelp(code: string): boolean {
  return !LASTING.has(code);
}

export type StatusTone = "waiting" | "working" | "ready" | "failed";

/** What a document is doing, in plain words. */
export function describeStatus(document: Pick<Document, "status" | "stages" | "error">): {
  tone: StatusTone;
  words: string;
} {
  if (document.status === "ready") return { tone: "ready", words: "Ready" };
  if (document.status === "failed") {
    const words = failureWords(document.error?.code ?? "");
    return { tone: "failed", words: `Failed: ${words}` };
  }
  const running = document.stages.find((stage) => stage.state === "running");
  const next = document.stages.find((stage) => stage.state === "pending");
  if (running) return { tone: "working", words: STAGE_NAMES[running.stage] };
  if (next && next.attempts > 0) return { tone: "waiting", words: "Waiting to try again" };
  if (document.status === "processing" && next) {
    return { tone: "working", words: STAGE_NAMES[next.stage] };
  }
  return { tone: "waiting", words: "Waiting" };
}
