import type { Mode, ModeChoice, Status } from "@/api/types";

/** What somebody is about to choose; `automatic` lets the vault decide again. */
export interface ModeDraft {
  mode: Mode | "automatic";
  reason: string;
  minutes: number;
}

export function firstDraft(status: Status): ModeDraft {
  return { mode: status.mode, reason: "", minutes: 60 };
}

export function isComplete(draft: ModeDraft): boolean {
  return draft.mode === "automatic" || draft.reason.trim() !== "";
}

/** The body of the request; null when nobody's choice is to stand. */
export function choiceOf({ mode, reason, minutes }: ModeDraft): ModeChoice | null {
  return mode === "automatic" ? null : { mode, reason: reason.trim(), minutes };
}
