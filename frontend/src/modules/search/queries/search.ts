import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import type { SearchParams } from "../pages/searchParams";

const AT_A_TIME = 20;

/** Hits of a search, a batch at a time. */
export function searchQuery({ q = "", mode, topic, type, from, to }: SearchParams) {
  const query = {
    q,
    mode: mode ?? ("hybrid" as const),
    ...(topic && { topic }),
    ...(type && { type }),
    ...(from && { created_from: from }),
    ...(to && { created_to: to }),
    limit: AT_A_TIME,
  };
  return infiniteQueryOptions({
    queryKey: keys.searchResults(query),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        client.GET("/api/search", { params: { query: { ...query, offset: pageParam } }, signal }),
      ),
    initialPageParam: 0,
    getNextPageParam: (last, pages) =>
      last.has_more ? pages.reduce((sum, page) => sum + page.hits.length, 0) : undefined,
    enabled: q !== "",
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}
