import { queryOptions } from "@tanstack/react-query";
import { client, unwrap } from "../client";
import { keys } from "../keys";

export const topicsQuery = queryOptions({
  queryKey: keys.topics,
  queryFn: async ({ signal }) => (await unwrap(client.GET("/api/topics", { signal }))).topics,
  staleTime: 10_000,
});
