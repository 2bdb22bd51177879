import { queryOptions } from "@tanstack/react-query";
import { client, unwrap } from "../client";
import { keys } from "../keys";

export const infoQuery = queryOptions({
  queryKey: keys.info,
  queryFn: ({ signal }) => unwrap(client.GET("/api/info", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});
