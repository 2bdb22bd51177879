import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import type { Rule, RuleDraft } from "@/api/types";

const path = (id: string) => ({ params: { path: { rule_id: id } } });

function useReadAgain() {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: keys.rules, exact: true });
}

/** Makes a rule, or puts the draft in place of the one that is given. */
export function useSaveRule() {
  const readAgain = useReadAgain();
  return useMutation({
    mutationFn: ({ id, draft }: { id: string | null; draft: RuleDraft }) =>
      id === null
        ? unwrap(client.POST("/api/rules", { body: draft }))
        : unwrap(client.PUT("/api/rules/{rule_id}", { ...path(id), body: draft })),
    onSuccess: readAgain,
  });
}

export function useDeleteRule() {
  const readAgain = useReadAgain();
  return useMutation({
    mutationFn: (id: string) => unwrap(client.DELETE("/api/rules/{rule_id}", path(id))),
    onSuccess: readAgain,
  });
}

/** Puts the rules in another order, at once on the page; read again when that was refused. */
export function useOrderRules() {
  const queries = useQueryClient();
  const readAgain = useReadAgain();
  return useMutation({
    mutationFn: (rules: Rule[]) =>
      unwrap(client.PUT("/api/rules/order", { body: { ids: rules.map(({ id }) => id) } })),
    onMutate: async (rules) => {
      await queries.cancelQueries({ queryKey: keys.rules, exact: true });
      queries.setQueryData(keys.rules, rules);
    },
    onSettled: readAgain,
  });
}

/** Tries a rule that is being written. */
export function useTryDraft() {
  return useMutation({
    mutationFn: ({ condition, actions }: RuleDraft) =>
      unwrap(client.POST("/api/rules/dry-run", { body: { condition, actions } })),
  });
}
