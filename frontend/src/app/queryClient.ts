import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/api/problem";

const RETRIES = 2;

/** Only what may pass by itself is tried again; the rest is told at once. */
function retry(failures: number, error: unknown): boolean {
  const { status, unreachable } = asProblem(error);
  return failures < RETRIES && (unreachable || status === 503 || status === 429);
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry, staleTime: 2_000, networkMode: "always" },
      mutations: { networkMode: "always" },
    },
  });
}
