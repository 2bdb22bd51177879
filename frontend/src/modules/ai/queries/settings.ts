import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import type { AIDraft, AISettings } from "@/api/types";

export const aiSettingsQuery = queryOptions({
  queryKey: keys.ai,
  queryFn: ({ signal }) => unwrap(client.GET("/api/ai/settings", { signal })),
});

function useNowInForce() {
  const queries = useQueryClient();
  return (settings: AISettings) => {
    queries.setQueryData(keys.ai, settings);
    void queries.invalidateQueries({ queryKey: keys.info });
  };
}

/** Stores what is chosen; it stands above the environment's settings. */
export function useSaveAISettings() {
  const nowInForce = useNowInForce();
  return useMutation({
    mutationFn: (body: AIDraft) => unwrap(client.PUT("/api/ai/settings", { body })),
    onSuccess: nowInForce,
  });
}

/** Forgets what is stored, so that the environment's settings stand again. */
export function useResetAISettings() {
  const nowInForce = useNowInForce();
  return useMutation({
    mutationFn: () => unwrap(client.DELETE("/api/ai/settings")),
    onSuccess: nowInForce,
  });
}

/** Lets the provider file a made-up document. */
export function useTestAISettings() {
  return useMutation({
    mutationFn: (body: AIDraft) => unwrap(client.POST("/api/ai/test", { body })),
  });
}
