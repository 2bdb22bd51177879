import type { HealthStatus, Mode } from "@/api/types";
import { formatDuration } from "@/shared/format/time";

/** The vault's parts in the words of people. */
const PART_NAMES: Record<string, string> = {
  database: "Database",
  storage: "Stored files",
  vectors: "Search by meaning",
  redis: "Live updates",
  disk: "Room on the disk",
  worker: "Processing",
  queue: "Waiting work",
  ai: "Topics for new documents",
};

const MONITORS: Record<string, string> = { datadog: "Datadog", newrelic: "New Relic" };

/** Which monitoring service outside tells of a part, if one does. */
export function monitorOf(part: string): string | null {
  const source = /^([a-z]+):/.exec(part)?.[1];
  return source === undefined ? null : (MONITORS[source] ?? source);
}

export function partName(part: string): string {
  const monitor = monitorOf(part);
  if (monitor === null) return PART_NAMES[part] ?? part;
  return `${part.slice(part.indexOf(":") + 1)} (${monitor})`;
}

export const HEALTH_WORDS: Record<HealthStatus, string> = {
  healthy: "OK",
  degraded: "Limited",
  unhealthy: "Does not work",
};

export const MODE_WORDS: Record<Mode, { name: string; meaning: string }> = {
  primary: {
    name: "Everything",
    meaning:
      "New documents get topics from the provider that was chosen, and are found by words and meaning.",
  },
  heuristic: {
    name: "Without the AI provider",
    meaning:
      "Topics come from your rules and the model inside the vault. The provider looks at these documents later.",
  },
  safe: {
    name: "Only the safe minimum",
    meaning:
      "New documents are stored and found by their words. Topics and the search by meaning follow later.",
  },
};

export const MODES = ["primary", "heuristic", "safe"] as const satisfies readonly Mode[];

const QUICK_MS = 100;
const SLOW_MS = 1_000;

/** How long an answer took, with a word for those to whom the figure says nothing. */
export function describeLatency(ms: number): string {
  const word = ms < QUICK_MS ? "quick" : ms < SLOW_MS ? "fair" : "slow";
  const figure = ms < 1 ? "under 1 ms" : ms < SLOW_MS ? `${Math.round(ms)} ms` : seconds(ms);
  return `${figure}, ${word}`;
}

const seconds = (ms: number) => formatDuration(ms / 1000);
