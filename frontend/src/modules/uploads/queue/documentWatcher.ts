import { client, unwrap } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { Document } from "@/api/types";
import type { UploadQueue } from "./uploadQueue";

const PAUSE_MS = 1_000;
const SAFETY_NET_MS = 10_000;
const ONE_BY_ONE = 5;
const PER_PAGE = 100;
const MOST_PAGES = 6;

function readOne(id: string): Promise<Document> {
  return unwrap(
    client.GET("/api/documents/{document_id}", { params: { path: { document_id: id } } }),
  );
}

/** Keeps the stored documents of an upload queue up to date, with few requests for many documents. */
export class DocumentWatcher {
  private readonly dirty = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private safetyNet: ReturnType<typeof setInterval> | null = null;
  private reading = false;

  constructor(private readonly queue: UploadQueue) {}

  start(): void {
    this.safetyNet ??= setInterval(() => this.touchAll(), SAFETY_NET_MS);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.safetyNet !== null) clearInterval(this.safetyNet);
    this.timer = null;
    this.safetyNet = null;
  }

  /** News of a document: it is read again soon if the queue follows it. */
  touch(id: string): void {
    if (!this.followed().has(id)) return;
    this.dirty.add(id);
    this.schedule();
  }

  /** Reads everything again that is not finished, as after a gap in the news. */
  touchAll(): void {
    const unfinished = this.queue.snapshot().filter((item) => item.state === "processing");
    for (const item of unfinished) if (item.documentId) this.dirty.add(item.documentId);
    if (this.dirty.size > 0) this.schedule();
  }

  private followed(): Set<string> {
    return new Set(this.queue.snapshot().flatMap((item) => item.documentId ?? []));
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => void this.read(), PAUSE_MS);
  }

  private async read(): Promise<void> {
    this.timer = null;
    if (this.reading) return this.schedule();
    this.reading = true;
    const wanted = new Set(this.dirty);
    this.dirty.clear();
    try {
      if (wanted.size > ONE_BY_ONE) await this.readLists(wanted);
      for (const id of wanted) await this.readSingle(id);
    } catch {
      // The server is away; the safety net comes round again.
    } finally {
      this.reading = false;
    }
  }

  private async readLists(wanted: Set<string>): Promise<void> {
    for (let page = 1; page <= MOST_PAGES && wanted.size > ONE_BY_ONE; page += 1) {
      const query = { page, per_page: PER_PAGE, sort: "-created_at" } as const;
      const { items } = await unwrap(client.GET("/api/documents", { params: { query } }));
      for (const document of items) if (wanted.delete(document.id)) this.queue.follow(document);
      if (items.length < PER_PAGE) return;
    }
  }

  private async readSingle(id: string): Promise<void> {
    try {
      this.queue.follow(await readOne(id));
    } catch (error) {
      if (asProblem(error).status !== 404) throw error;
      this.queue.forget(id);
    }
  }
}
