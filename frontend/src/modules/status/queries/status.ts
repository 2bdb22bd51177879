import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import type { ModeChoice, Status } from "@/api/types";

export const statusQuery = queryOptions({
  queryKey: keys.status,
  queryFn: ({ signal }) => unwrap(client.GET("/api/status", { signal })),
});

/** Puts a mode in force for a while; null lets the vault decide again. */
export function useChangeMode() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (choice: ModeChoice | null) =>
      choice
        ? unwrap(client.PUT("/api/status/mode", { body: choice }))
        : unwrap(client.DELETE("/api/status/mode")),
    onSuccess: (standing) => {
      queries.setQueryData<Status>(keys.status, (before) => before && { ...before, ...standing });
      void queries.invalidateQueries({ queryKey: keys.status });
    },
  });
}
