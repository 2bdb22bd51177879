import type { DocumentDetail, DocumentTopic, StageOut, StageState, Topic } from "@/api/types";

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
    error: null,
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
