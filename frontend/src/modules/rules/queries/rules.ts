import { queryOptions } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";
import { keys } from "@/api/keys";

/** All rules in the order in which they are asked. */
export const rulesQuery = queryOptions({
  queryKey: keys.rules,
  queryFn: async ({ signal }) => (await unwrap(client.GET("/api/rules", { signal }))).rules,
});

/** Whether a condition can be understood; the same text is asked about once. */
export function conditionQuery(condition: string) {
  return queryOptions({
    queryKey: keys.condition(condition),
    queryFn: ({ signal }) =>
      unwrap(client.POST("/api/rules/check", { body: { condition }, signal })),
    enabled: condition.trim() !== "",
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What a rule would do to the documents that are there. */
export function trialQuery(ruleId: string) {
  return queryOptions({
    queryKey: keys.ruleTrial(ruleId),
    queryFn: ({ signal }) =>
      unwrap(client.POST("/api/rules/dry-run", { body: { rule_id: ruleId }, signal })),
    staleTime: 0,
    gcTime: 0,
  });
}
