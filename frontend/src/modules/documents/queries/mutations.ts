import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import type { DocumentDetail } from "@/api/types";
import { notifyDone, notifyProblem } from "@/shared/notify";

interface Changes {
  title?: string;
  topic_ids?: string[];
  needs_review?: boolean;
}

const path = (id: string) => ({ params: { path: { document_id: id } } });

/** Puts the answer in place and has every list read again. */
function useKeepAnswer() {
  const queries = useQueryClient();
  return (document: DocumentDetail) => {
    queries.setQueryData(keys.document(document.id), document);
    void queries.invalidateQueries({ queryKey: keys.documentLists });
    void queries.invalidateQueries({ queryKey: keys.topics });
    void queries.invalidateQueries({ queryKey: keys.search });
  };
}

export function useUpdateDocument(id: string) {
  const keepAnswer = useKeepAnswer();
  return useMutation({
    mutationFn: (body: Changes) =>
      unwrap(client.PATCH("/api/documents/{document_id}", { ...path(id), body })),
    onSuccess: keepAnswer,
  });
}

/** Says that a person has looked through the document. */
export function useReviewed(id: string) {
  const update = useUpdateDocument(id);
  return () =>
    update.mutate(
      { needs_review: false },
      {
        onSuccess: () => notifyDone("Marked as reviewed."),
        onError: (error) => notifyProblem(error, "This was not marked as reviewed"),
      },
    );
}

export function useRetryDocument() {
  const keepAnswer = useKeepAnswer();
  return useMutation({
    mutationFn: (id: string) => unwrap(client.POST("/api/documents/{document_id}/retry", path(id))),
    onSuccess: keepAnswer,
  });
}

export function useClassifyDocument() {
  const keepAnswer = useKeepAnswer();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.POST("/api/documents/{document_id}/classify", path(id))),
    onSuccess: keepAnswer,
  });
}

export function useDeleteDocument() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(client.DELETE("/api/documents/{document_id}", path(id))),
    onSuccess: (_, id) => {
      void queries.invalidateQueries({ queryKey: keys.documentLists });
      void queries.invalidateQueries({ queryKey: keys.topics });
      queries.removeQueries({ queryKey: keys.search });
      queries.removeQueries({ queryKey: keys.documentText(id, null).slice(0, 3) });
    },
  });
}
