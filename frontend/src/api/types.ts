import type { components } from "./generated/schema";

type Schemas = components["schemas"];

export type AIDraft = Schemas["AISettingsIn"];
export type AISettings = Schemas["AISettingsOut"];
export type AITrial = Schemas["AITrialOut"];
export type Document = Schemas["DocumentOut"];
export type DocumentDetail = Schemas["DocumentDetail"];
export type DocumentPage = Schemas["DocumentPage"];
export type DocumentText = Schemas["DocumentText"];
export type DocumentTopic = Schemas["DocumentTopicOut"];
export type DocumentStatus = Schemas["DocumentStatus"];
export type Failure = Schemas["Failure"];
export type Family = Schemas["Family"];
export type HealthStatus = Schemas["HealthStatus"];
export type Info = Schemas["Info"];
export type Leg = Schemas["Leg"];
export type Mode = Schemas["Mode"];
export type ModeChoice = Schemas["ModeChoice"];
export type Notice = Schemas["NoticeOut"];
export type Part = Schemas["ComponentOut"];
export type Rule = Schemas["RuleOut"];
export type RuleDraft = Omit<Schemas["RuleIn"], "actions"> & { actions: Schemas["ActionsOut"] };
export type RuleTrial = Schemas["DryRunOut"];
export type SearchMode = Schemas["SearchMode"];
export type SearchResults = Schemas["SearchResults"];
/** Ranges to highlight are pairs of offsets in code points. */
export type Snippet = Omit<Schemas["Snippet"], "highlights"> & {
  highlights: readonly (readonly number[])[];
};
export type SearchHit = Omit<Schemas["SearchHit"], "snippet"> & { snippet: Snippet };
export type Stage = Schemas["Stage"];
export type StageOut = Schemas["StageOut"];
export type StageState = Schemas["StageState"];
export type Status = Schemas["StatusOut"];
export type TextPage = Schemas["TextPage"];
export type Topic = Schemas["TopicOut"];
export type Transition = Schemas["TransitionOut"];
export type UploadResult = Schemas["UploadResult"];

export const FAMILIES = ["pdf", "office", "text", "email", "image", "other"] as const;
export const STATUSES = ["pending", "processing", "ready", "failed"] as const;
export const SEARCH_MODES = ["hybrid", "meaning", "words", "exact"] as const;
export const SORTS = ["-created_at", "created_at", "title", "-title"] as const;

export type Sort = (typeof SORTS)[number];
