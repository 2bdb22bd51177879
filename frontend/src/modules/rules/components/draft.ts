import { type ApiProblem, asProblem } from "@/api/problem";
import type { Rule, RuleDraft } from "@/api/types";

export const EXAMPLE: RuleDraft = {
  name: "Invoices",
  condition: 'mime == "application/pdf" and filename contains "invoice"',
  actions: { topic_ids: [], title: "{title} ({date})", needs_review: true },
  enabled: true,
};

export const BLANK: RuleDraft = {
  name: "",
  condition: "",
  actions: { topic_ids: [], title: null, needs_review: false },
  enabled: true,
};

/** The rule as a draft; topics that are gone are left out. */
export function draftOf({ name, condition, actions, enabled, missing_topic_ids }: Rule): RuleDraft {
  const topic_ids = actions.topic_ids.filter((id) => !missing_topic_ids.includes(id));
  return { name, condition, actions: { ...actions, topic_ids }, enabled };
}

/** The draft as it is sent: without spaces around, and an empty title is none. */
export function trimmed(draft: RuleDraft): RuleDraft {
  const title = draft.actions.title?.trim() || null;
  return { ...draft, name: draft.name.trim(), actions: { ...draft.actions, title } };
}

/** What is still missing before a draft can be kept or tried. */
export function isComplete({ condition, actions }: RuleDraft): boolean {
  const acts = actions.topic_ids.length > 0 || !!actions.title?.trim() || actions.needs_review;
  return condition.trim() !== "" && acts;
}

export interface Fault {
  message: string;
  /** Unicode characters from 0. */
  position: number | null;
}

/** The fault of one field, and of the fields in it, in a refused request. */
export function faultOf(error: unknown, field: string): Fault | null {
  if (!error) return null;
  const found = asProblem(error).errors.find(
    (fault) => fault.field === field || fault.field.startsWith(`${field}.`),
  );
  return found ? { message: found.message, position: found.position ?? null } : null;
}

const SHOWN_FIELDS = [
  "body.name",
  "body.condition",
  "body.actions.title",
  "body.actions.topic_ids",
];

/** The problem, unless the fields of the form show all of it. */
export function remaining(error: unknown): ApiProblem | null {
  if (!error) return null;
  const problem = asProblem(error);
  return SHOWN_FIELDS.some((field) => faultOf(problem, field)) ? null : problem;
}
