import type {
  AISettings,
  DocumentDetail,
  DocumentTopic,
  Part,
  Rule,
  StageOut,
  StageState,
  Status,
  Topic,
} from "@/api/types";

const UUID_TAIL = "-0000-4000-8000-000000000000";
let last = 0;

export function uuid(number: number): string {
  return number.toString(16).padStart(8, "0") + UUID_TAIL;
}

export function stages(...states: [StageState, StageState, StageState]): StageOut[] {
  return (["extract", "classify", "embed"] as const).map((stage, index) => ({
    stage,
    state: states[index] ?? "pending",
    attempts: states[index] === "pending" ? 0 : 1,
    mode: "primary",
    error: null,
    next_run_at: null,
    started_at: states[index] === "done" ? "2026-11-20T10:00:00Z" : null,
    finished_at: states[index] === "done" ? "2026-11-20T10:00:02Z" : null,
  }));
}

export function aDocument(changes: Partial<DocumentDetail> = {}): DocumentDetail {
  last += 1;
  return {
    id: uuid(last),
    number: last,
    title: `Document ${last}`,
    original_name: `document-${last}.txt`,
    media_type: "text/plain",
    family: "text",
    size_bytes: 1234,
    sha256: "a".repeat(64),
    status: "ready",
    mode: "primary",
    error: null,
    needs_review: false,
    page_count: 1,
    character_count: 100,
    created_at: "2026-11-20T10:00:00Z",
    updated_at: "2026-11-20T10:00:05Z",
    topics: [],
    stages: stages("done", "done", "done"),
    metadata: {},
    warnings: [],
    ...changes,
  };
}

export function aRule(changes: Partial<Rule> = {}): Rule {
  last += 1;
  return {
    id: uuid(last),
    name: `Rule ${last}`,
    condition: 'family == "text"',
    actions: { topic_ids: [], title: null, needs_review: true },
    missing_topic_ids: [],
    enabled: true,
    fault: null,
    created_at: "2026-11-20T10:00:00Z",
    updated_at: "2026-11-20T10:00:00Z",
    ...changes,
  };
}

export function aTopic(changes: Partial<Topic> = {}): Topic {
  last += 1;
  return {
    id: uuid(last),
    number: last,
    name: `Topic ${last}`,
    description: "",
    color: "#22c55e",
    doc_count: 0,
    created_at: "2026-11-20T10:00:00Z",
    ...changes,
  };
}

export function assigned(topic: Topic, changes: Partial<DocumentTopic> = {}): DocumentTopic {
  const { id, number, name, color } = topic;
  return { id, number, name, color, source: "local", confidence: 0.8, evidence: "", ...changes };
}

const AI_DEFAULTS = {
  anthropic_base_url: "https://api.anthropic.com",
  openai_base_url: "https://api.openai.com/v1",
  ollama_base_url: "http://127.0.0.1:11434",
  system_prompt: "You file documents.",
};

/** What a vault says that was started without any AI settings. */
export function aiSettings(changes: Partial<AISettings> = {}): AISettings {
  return {
    source: "environment",
    provider: "local",
    model: "",
    base_url: "",
    host: "",
    system_prompt: "",
    max_characters: 8000,
    has_key: false,
    key_source: "none",
    in_force: true,
    problem: null,
    text_leaves_the_vault: false,
    defaults: AI_DEFAULTS,
    ...changes,
  };
}

export function aPart(name: string, changes: Partial<Part> = {}): Part {
  return {
    name,
    status: "healthy",
    message: "Works.",
    works: "",
    critical: false,
    latency_ms: 1.2,
    since: "2026-11-20T10:00:00Z",
    ...changes,
  };
}

/** What a vault says in which everything works. */
export function aStatus(changes: Partial<Status> = {}): Status {
  return {
    mode: "primary",
    mode_reason: "The vault began so.",
    mode_since: "2026-11-20T10:00:00Z",
    overridden_until: null,
    status: "healthy",
    components: [aPart("database", { critical: true }), aPart("vectors"), aPart("worker")],
    queue: { waiting: 0, oldest_seconds: 0, running: 0, failed: 0 },
    notices: [],
    transitions: [],
    version: "1.0.0",
    uptime_seconds: 3_900,
    ...changes,
  };
}

/** What a vault says whose parts are so, with a notice for each that is not well. */
export function aStatusOf(parts: Part[], changes: Partial<Status> = {}): Status {
  const ill = parts.filter(({ status }) => status !== "healthy");
  return aStatus({
    status: ill.some(({ critical }) => critical) ? "unhealthy" : "degraded",
    components: parts,
    notices: ill.map(({ name, status, message, works }) => ({
      code: `${name}_${status}`,
      sentence: message,
      works,
    })),
    ...changes,
  });
}
