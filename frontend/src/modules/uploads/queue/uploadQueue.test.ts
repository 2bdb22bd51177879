import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, unreachable } from "@/api/problem";
import type { UploadResult } from "@/api/types";
import { aDocument, stages } from "@/test/fixtures";
import type { Transport, UploadOptions } from "./transport";
import { UploadQueue } from "./uploadQueue";

interface Call {
  file: File;
  options: UploadOptions;
  resolve(result: UploadResult): void;
  reject(error: unknown): void;
}

let calls: Call[];
const transport: Transport = (file, options) =>
  new Promise((resolve, reject) => {
    options.signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    calls.push({ file, options, resolve, reject });
  });
const files = (count: number) =>
  Array.from({ length: count }, (_, index) => new File(["text"], `${index}.txt`));
const states = (queue: UploadQueue) => queue.snapshot().map((item) => item.state);
const settle = () => new Promise((resolve) => setTimeout(resolve));
const ready = (duplicate = false): UploadResult => ({ document: aDocument(), duplicate });

beforeEach(() => {
  calls = [];
});

describe("sending", () => {
  it("sends three files at a time, in their order", async () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(5), true);
    expect(states(queue)).toEqual(["uploading", "uploading", "uploading", "queued", "queued"]);
    calls[1]?.resolve(ready());
    await settle();
    expect(calls.map((call) => call.file.name)).toEqual(["0.txt", "1.txt", "2.txt", "3.txt"]);
    expect(states(queue)).toEqual(["uploading", "ready", "uploading", "uploading", "queued"]);
  });

  it("takes hundreds of files without sending more at once", async () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(500), true);
    expect(queue.snapshot()).toHaveLength(500);
    for (let done = 0; done < 500; done += 1) {
      expect(calls.length - done).toBeLessThanOrEqual(3);
      calls[done]?.resolve(ready());
      await Promise.resolve();
      await settle();
    }
    expect(new Set(states(queue))).toEqual(new Set(["ready"]));
  });

  it("passes on the choice about topics", () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(1), false);
    expect(calls[0]?.options.autoClassify).toBe(false);
  });

  it("keeps one key for all tries of a file, and another for every other file", async () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(2), true);
    calls[0]?.reject(unreachable());
    await settle();
    queue.resume();
    calls[2]?.reject(new ApiProblem("insufficient_storage", "The vault is full.", 507));
    await settle();
    queue.retry(queue.snapshot()[0]?.id ?? 0);
    const [first, other, ...again] = calls.map((call) => call.options.idempotencyKey);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(other).not.toBe(first);
    expect(again).toEqual([first, first]);
  });

  it("tells progress", async () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(1), true);
    calls[0]?.options.onProgress(2);
    await vi.waitFor(() => expect(queue.snapshot()[0]?.sent).toBe(2));
  });

  it("shows a duplicate as one, with its document", async () => {
    const stored = vi.fn();
    const queue = new UploadQueue({ transport, onStored: stored });
    queue.add(files(1), true);
    const result = ready(true);
    calls[0]?.resolve(result);
    await settle();
    expect(queue.snapshot()[0]).toMatchObject({
      state: "duplicate",
      documentId: result.document.id,
    });
    expect(stored).toHaveBeenCalledWith(result.document, true);
  });
});

describe("refusing", () => {
  it("does not send an empty file and offers no retry that cannot succeed", () => {
    const queue = new UploadQueue({ transport });
    queue.add([new File([], "empty.txt")], true);
    expect(calls).toHaveLength(0);
    const [item] = queue.snapshot();
    expect(item).toMatchObject({ state: "failed", retryable: false });
    expect(item?.failure?.code).toBe("empty_file");
    queue.retry(item?.id ?? 0);
    expect(states(queue)).toEqual(["failed"]);
  });

  it("does not send a file that the vault would refuse for its size", () => {
    const queue = new UploadQueue({ transport });
    queue.maxBytes = 3;
    queue.add(files(1), true);
    expect(calls).toHaveLength(0);
    expect(queue.snapshot()[0]?.failure?.code).toBe("file_too_large");
  });
});

describe("failing", () => {
  it("keeps the server's code and sentence and can be retried", async () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(1), true);
    calls[0]?.reject(new ApiProblem("insufficient_storage", "The vault is full.", 507));
    await settle();
    const [item] = queue.snapshot();
    expect(item).toMatchObject({
      state: "failed",
      retryable: true,
      failure: { code: "insufficient_storage", message: "The vault is full." },
    });
    queue.retry(item?.id ?? 0);
    calls[1]?.resolve(ready());
    await settle();
    expect(states(queue)).toEqual(["ready"]);
  });

  it("offers no retry when the bytes themselves are refused", async () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(1), true);
    calls[0]?.reject(new ApiProblem("type_mismatch", "Not what its name says.", 422));
    await settle();
    expect(queue.snapshot()[0]?.retryable).toBe(false);
  });

  it("rests while nobody answers, and goes on by itself", async () => {
    const away = vi.fn();
    const queue = new UploadQueue({ transport, parallel: 1, onUnreachable: away });
    queue.add(files(2), true);
    calls[0]?.reject(unreachable());
    await settle();
    expect(away).toHaveBeenCalledOnce();
    expect(states(queue)).toEqual(["queued", "queued"]);
    expect(calls).toHaveLength(1);
    queue.resume();
    expect(calls[1]?.file.name).toBe("0.txt");
  });

  it("gives a file up after three cuts instead of trying for ever", async () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(1), true);
    for (let cut = 0; cut < 3; cut += 1) {
      calls[cut]?.reject(unreachable());
      await settle();
      queue.resume();
    }
    expect(calls).toHaveLength(3);
    expect(queue.snapshot()[0]).toMatchObject({ state: "failed", retryable: true });
  });
});

describe("cancelling", () => {
  it("stops a file on its way and lets the next one go", async () => {
    const queue = new UploadQueue({ transport, parallel: 1 });
    queue.add(files(2), true);
    queue.cancel(queue.snapshot()[0]?.id ?? 0);
    await settle();
    expect(calls[0]?.options.signal.aborted).toBe(true);
    expect(states(queue)).toEqual(["cancelled", "uploading"]);
  });

  it("never sends a file that was cancelled while it waited", async () => {
    const queue = new UploadQueue({ transport, parallel: 1 });
    queue.add(files(2), true);
    queue.cancel(queue.snapshot()[1]?.id ?? 0);
    calls[0]?.resolve(ready());
    await settle();
    expect(calls).toHaveLength(1);
    expect(states(queue)).toEqual(["ready", "cancelled"]);
  });

  it("can be taken back", async () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(1), true);
    const id = queue.snapshot()[0]?.id ?? 0;
    queue.cancel(id);
    await settle();
    queue.retry(id);
    calls[1]?.resolve(ready());
    await settle();
    expect(states(queue)).toEqual(["ready"]);
  });
});

describe("following", () => {
  it("shows what the stored document is doing until it is ready", async () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(1), true);
    const document = aDocument({
      status: "processing",
      stages: stages("running", "pending", "pending"),
    });
    calls[0]?.resolve({ document, duplicate: false });
    await settle();
    expect(queue.snapshot()[0]).toMatchObject({ state: "processing", activity: "Reading text" });
    queue.follow({ ...document, status: "ready" });
    expect(states(queue)).toEqual(["ready"]);
  });

  it("shows why processing failed and offers a retry only where it may help", async () => {
    const queue = new UploadQueue({ transport });
    queue.add(files(2), true);
    for (const [index, code] of ["encrypted", "parser_timeout"].entries()) {
      const document = aDocument({ status: "failed", error: { code, message: "No." } });
      calls[index]?.resolve({ document, duplicate: false });
    }
    await settle();
    expect(queue.snapshot().map((item) => [item.failure?.code, item.retryable])).toEqual([
      ["encrypted", false],
      ["parser_timeout", true],
    ]);
  });
});
