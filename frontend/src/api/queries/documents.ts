import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, unwrap } from "../client";
import { keys } from "../keys";
import type { Document, DocumentStatus, Family, Sort } from "../types";

/** News may get lost, so unfinished documents are read again now and then. */
const SAFETY_NET_MS = 15_000;

export interface DocumentListQuery {
  page: number;
  per_page: number;
  sort: Sort;
  topic?: string | undefined;
  status?: DocumentStatus | undefined;
  type?: Family | undefined;
  q?: string | undefined;
  needs_review?: true | undefined;
}

export function isUnfinished(document: Pick<Document, "status">): boolean {
  return document.status === "pending" || document.status === "processing";
}

export function documentListQuery(query: DocumentListQuery) {
  return queryOptions({
    queryKey: keys.documentList(query),
    queryFn: ({ signal }) => unwrap(client.GET("/api/documents", { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isUnfinished) ? SAFETY_NET_MS : false),
  });
}

export function documentQuery(id: string) {
  return queryOptions({
    queryKey: keys.document(id),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/documents/{document_id}", {
          params: { path: { document_id: id } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data && isUnfinished(state.data) ? SAFETY_NET_MS : false,
  });
}

/** The text of one page, or of all pages when `page` is null. */
export function documentTextQuery(id: string, page: number | null) {
  return queryOptions({
    queryKey: keys.documentText(id, page),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/documents/{document_id}/text", {
          params: { path: { document_id: id }, query: page === null ? {} : { page } },
          signal,
        }),
      ),
  });
}

/** Address of the original; `download` makes the browser save it. */
export function fileUrl(id: string, download = false): string {
  return `/api/documents/${id}/file${download ? "?download=true" : ""}`;
}
