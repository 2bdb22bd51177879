import { connection } from "./connection";
import { listenToNews, type News, type StreamState } from "./events";

const POLL_MS = 5_000;

export interface NewsReader {
  /** One thing changed. */
  onNews?(news: News): void;
  /** News may have been missed: everything is to be read again. */
  onGap?(): void;
}

const readers = new Set<NewsReader>();
const gap = () => {
  for (const reader of readers) reader.onGap?.();
};

/** Registers a reader until the returned function is called. */
export function readNews(reader: NewsReader): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

/** Keeps the news coming: by the event stream, or by reading everything now and then without it. */
export function deliverNews(url = "/api/events"): () => void {
  let poll: ReturnType<typeof setInterval> | null = null;
  let before: StreamState = "connecting";

  function onState(state: StreamState): void {
    if (state === "live" && before === "broken") gap();
    if (state === "broken") {
      void connection.probe();
      poll ??= setInterval(gap, POLL_MS);
    } else if (state === "live" && poll !== null) {
      clearInterval(poll);
      poll = null;
    }
    before = state;
  }

  const stop = listenToNews(url, {
    onState,
    onNews: (news) => {
      for (const reader of readers) reader.onNews?.(news);
    },
  });
  return () => {
    stop();
    if (poll !== null) clearInterval(poll);
  };
}
