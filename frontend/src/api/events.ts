export interface News {
  kind: string;
  id: string;
}

export type StreamState = "connecting" | "live" | "broken";

export interface NewsListener {
  onNews(news: News): void;
  onState(state: StreamState): void;
}

const KINDS = ["document", "topic", "rule", "status"];
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

function parse(data: unknown): News | null {
  try {
    const news = JSON.parse(String(data)) as Partial<News>;
    return typeof news.kind === "string" && typeof news.id === "string"
      ? { kind: news.kind, id: news.id }
      : null;
  } catch {
    return null;
  }
}

/**
 * Listens to the event stream until the returned function is called.
 * Browsers reconnect after a cut by themselves, but give up when the answer is an error: then we retry.
 */
export function listenToNews(url: string, listener: NewsListener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let wait = FIRST_RETRY_MS;

  function open(): void {
    timer = null;
    source = new EventSource(url);
    source.onopen = () => {
      wait = FIRST_RETRY_MS;
      listener.onState("live");
    };
    source.onerror = () => {
      listener.onState("broken");
      if (source?.readyState !== EventSource.CLOSED) return;
      source.close();
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, LAST_RETRY_MS);
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        const news = parse((event as MessageEvent).data);
        if (news) listener.onNews(news);
      });
    }
  }

  listener.onState("connecting");
  open();
  return () => {
    if (timer !== null) clearTimeout(timer);
    source?.close();
  };
}
