import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { connection } from "@/api/connection";
import { keys } from "@/api/keys";
import { deliverNews, readNews } from "@/api/news";

const GATHER_MS = 700;

/** Keeps what the pages show up to date with the server, a bundle of news at a time. */
export function useLiveUpdates(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | null = null;

    function readAgain(): void {
      timer = null;
      void queries.invalidateQueries({ queryKey: keys.documentLists });
      void queries.invalidateQueries({ queryKey: keys.topics });
      void queries.invalidateQueries({ queryKey: keys.rules, exact: true });
      void queries.invalidateQueries({ queryKey: keys.search, refetchType: "none" });
      for (const id of changed) {
        void queries.invalidateQueries({ queryKey: keys.document(id) });
        void queries.invalidateQueries({ queryKey: keys.documentText(id, null).slice(0, 3) });
      }
      changed.clear();
    }

    const readEverything = () => void queries.invalidateQueries();
    const stops = [
      readNews({
        onNews: ({ kind, id }) => {
          if (kind === "status") {
            void queries.invalidateQueries({ queryKey: keys.status });
            return;
          }
          if (kind === "document") changed.add(id);
          timer ??= setTimeout(readAgain, GATHER_MS);
        },
        onGap: readEverything,
      }),
      connection.onRecovery(readEverything),
      deliverNews(),
    ];
    return () => {
      if (timer !== null) clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [queries]);
}
