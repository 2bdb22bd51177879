import { asProblem } from "@/api/problem";
import type { Document, Failure } from "@/api/types";
import { describeStatus, retryMayHelp } from "@/shared/format/documents";
import { newIdempotencyKey } from "./idempotencyKey";
import { ACTIVE, FINISHED, refusalOf, sendingAgainMayHelp, type UploadItem } from "./item";
import { Speed } from "./speed";
import type { Transport } from "./transport";

const PARALLEL = 3;
const CUTS_ALLOWED = 3;
const NOTIFY_MS = 100;

export interface UploadQueueOptions {
  transport: Transport;
  /** Called for every answer that brings a document. */
  onStored?(document: Document, duplicate: boolean): void;
  /** Called when nobody answered; the queue rests until `resume`. */
  onUnreachable?(): void;
  parallel?: number;
}

interface Pending {
  file: File;
  autoClassify: boolean;
  idempotencyKey: string;
  abort: AbortController | null;
}

/** Sends files a few at a time and remembers how each is doing, also across pages. */
export class UploadQueue {
  private items: readonly UploadItem[] = [];
  private readonly byId = new Map<number, UploadItem>();
  private readonly pending = new Map<number, Pending>();
  private readonly waiting: number[] = [];
  private readonly listeners = new Set<() => void>();
  private notifyTimer: ReturnType<typeof setTimeout> | null = null;
  private nextId = 1;
  private running = 0;
  private resting = false;
  maxBytes: number | null = null;

  constructor(private readonly options: UploadQueueOptions) {}

  snapshot = (): readonly UploadItem[] => this.items;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  add(files: readonly File[], autoClassify: boolean): void {
    for (const file of files) {
      const id = this.nextId++;
      const refusal = refusalOf(file, this.maxBytes);
      this.byId.set(id, {
        id,
        name: file.name,
        size: file.size,
        state: refusal ? "failed" : "queued",
        sent: 0,
        rate: null,
        activity: null,
        documentId: null,
        failure: refusal,
        retryable: false,
        cuts: 0,
      });
      if (refusal) continue;
      this.pending.set(id, {
        file,
        autoClassify,
        idempotencyKey: newIdempotencyKey(),
        abort: null,
      });
      this.waiting.push(id);
    }
    this.publish();
    this.pump();
  }

  /** Stops sending a file; what the vault has already stored stays there. */
  cancel(id: number): void {
    const item = this.byId.get(id);
    if (!item || !ACTIVE.has(item.state)) return;
    this.change(id, { state: "cancelled", rate: null, retryable: true });
    const position = this.waiting.indexOf(id);
    if (position >= 0) this.waiting.splice(position, 1);
    this.pending.get(id)?.abort?.abort();
  }

  cancelAll(): void {
    for (const item of this.items) this.cancel(item.id);
  }

  /** Sends a file again that did not reach the vault. */
  retry(id: number): void {
    const item = this.byId.get(id);
    if (!item?.retryable || !this.pending.has(id) || ACTIVE.has(item.state)) return;
    this.change(id, { state: "queued", sent: 0, rate: null, failure: null, cuts: 0 });
    this.waiting.push(id);
    this.resting = false;
    this.pump();
  }

  /** Sends all files again that failed on their way and may do better. */
  retryFailed(): void {
    for (const item of this.items) if (item.state === "failed") this.retry(item.id);
  }

  /** Takes a file off the list. */
  dismiss(id: number): void {
    this.cancel(id);
    this.byId.delete(id);
    this.pending.delete(id);
    this.publish();
  }

  clearFinished(): void {
    for (const item of this.items) if (FINISHED.has(item.state)) this.dismiss(item.id);
  }

  /** Goes on after the server was away. */
  resume(): void {
    this.resting = false;
    this.pump();
  }

  /** Brings the items of a document up to date with it. */
  follow(document: Document): void {
    for (const item of this.items) {
      if (item.documentId === document.id && item.state !== "duplicate") {
        this.change(item.id, progressOf(document));
      }
    }
  }

  /** A stored document that is not there any more. */
  forget(documentId: string): void {
    for (const item of this.items) if (item.documentId === documentId) this.dismiss(item.id);
  }

  private pump(): void {
    while (!this.resting && this.running < (this.options.parallel ?? PARALLEL)) {
      const id = this.waiting.shift();
      if (id === undefined) return;
      void this.send(id);
    }
  }

  private async send(id: number): Promise<void> {
    const pending = this.pending.get(id);
    if (!pending) return;
    const abort = new AbortController();
    const speed = new Speed();
    pending.abort = abort;
    this.running += 1;
    this.change(id, { state: "uploading", sent: 0, activity: null });
    try {
      const { document, duplicate } = await this.options.transport(pending.file, {
        autoClassify: pending.autoClassify,
        idempotencyKey: pending.idempotencyKey,
        signal: abort.signal,
        onProgress: (sent) => {
          if (!abort.signal.aborted) {
            this.change(id, { sent, rate: speed.note(sent, performance.now()) });
          }
        },
      });
      this.pending.delete(id);
      this.change(id, {
        sent: pending.file.size,
        rate: null,
        documentId: document.id,
        ...(duplicate ? ({ state: "duplicate" } as const) : progressOf(document)),
      });
      this.options.onStored?.(document, duplicate);
    } catch (error) {
      if (!abort.signal.aborted) this.fail(id, error);
    } finally {
      this.running -= 1;
      this.pump();
    }
  }

  private fail(id: number, error: unknown): void {
    const problem = asProblem(error);
    const cuts = (this.byId.get(id)?.cuts ?? 0) + 1;
    if (problem.unreachable && cuts < CUTS_ALLOWED) {
      this.change(id, { state: "queued", sent: 0, rate: null, cuts });
      this.waiting.unshift(id);
      this.resting = true;
      this.options.onUnreachable?.();
      return;
    }
    const failure: Failure = { code: problem.code, message: problem.message };
    const retryable = sendingAgainMayHelp(problem.code);
    if (!retryable) this.pending.delete(id);
    this.change(id, { state: "failed", rate: null, failure, retryable });
  }

  private change(id: number, changes: Partial<UploadItem>): void {
    const item = this.byId.get(id);
    if (!item) return;
    this.byId.set(id, { ...item, ...changes });
    // Progress comes in far faster than anyone can look; a change of state is shown at once.
    if (changes.state && changes.state !== item.state) this.publish();
    else this.notifyTimer ??= setTimeout(() => this.publish(), NOTIFY_MS);
  }

  private publish(): void {
    if (this.notifyTimer !== null) clearTimeout(this.notifyTimer);
    this.notifyTimer = null;
    this.items = [...this.byId.values()];
    for (const listener of this.listeners) listener();
  }
}

function progressOf(document: Document): Partial<UploadItem> {
  if (document.status === "failed") {
    const failure = document.error ?? { code: "stage_failed", message: "Processing failed." };
    return {
      state: "failed",
      activity: null,
      failure,
      retryable: retryMayHelp(failure.code),
    };
  }
  if (document.status === "ready") return { state: "ready", activity: null, failure: null };
  return { state: "processing", activity: describeStatus(document).words, failure: null };
}
