import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { aDocument } from "@/test/fixtures";
import { problem, server } from "@/test/server";
import { xhrTransport } from "./transport";

const options = (signal = new AbortController().signal) => ({
  autoClassify: false,
  idempotencyKey: "one-key",
  onProgress: () => {},
  signal,
});
const stillRunning = (seconds: number) => {
  const answer = problem(409, "in_progress", "Still running.");
  answer.headers.set("Retry-After", String(seconds));
  return answer;
};
const file = new File(["hello"], "hello.txt", { type: "text/plain" });

describe("xhrTransport", () => {
  it("sends the file with its name and the choice about topics", async () => {
    const document = aDocument();
    const append = vi.spyOn(FormData.prototype, "append");
    let sent = "";
    server.use(
      http.post("/api/documents/upload", async ({ request }) => {
        sent = await request.text();
        return HttpResponse.json({ document, duplicate: false }, { status: 201 });
      }),
    );
    const result = await xhrTransport(file, options());
    expect(result.document.id).toBe(document.id);
    expect(append).toHaveBeenCalledWith("file", file, "hello.txt");
    expect(sent).toContain('name="file"');
    expect(sent).toContain("hello");
    expect(sent).toMatch(/name="auto_classify"\r\n\r\nfalse/);
  });

  it("rejects with the server's problem", async () => {
    server.use(
      http.post("/api/documents/upload", () => problem(507, "insufficient_storage", "Full.")),
    );
    await expect(xhrTransport(file, options())).rejects.toMatchObject({
      code: "insufficient_storage",
      message: "Full.",
      status: 507,
    });
  });

  it("knows what a proxy means that knows no problems", async () => {
    server.use(
      http.post("/api/documents/upload", () => HttpResponse.html("<h1>413</h1>", { status: 413 })),
    );
    await expect(xhrTransport(file, options())).rejects.toMatchObject({ code: "file_too_large" });
  });

  it("says when nobody answers", async () => {
    server.use(http.post("/api/documents/upload", () => HttpResponse.error()));
    await expect(xhrTransport(file, options())).rejects.toMatchObject({ unreachable: true });
  });

  it("waits as long as it is told while an earlier request for the file is still running", async () => {
    const document = aDocument();
    const keys: (string | null)[] = [];
    const moments: number[] = [];
    const onProgress = vi.fn();
    server.use(
      http.post("/api/documents/upload", ({ request }) => {
        keys.push(request.headers.get("Idempotency-Key"));
        moments.push(performance.now());
        return keys.length < 3
          ? stillRunning(1)
          : HttpResponse.json(
              { document, duplicate: false },
              { status: 201, headers: { "Idempotent-Replay": "true" } },
            );
      }),
    );
    const result = await xhrTransport(file, { ...options(), onProgress });
    expect(result.document.id).toBe(document.id);
    expect(keys).toEqual(["one-key", "one-key", "one-key"]);
    expect((moments[2] ?? 0) - (moments[0] ?? 0)).toBeGreaterThan(1_950);
    expect(onProgress).toHaveBeenCalledWith(0);
  });

  it("gives up when the earlier request never ends", async () => {
    let asked = 0;
    server.use(
      http.post("/api/documents/upload", () => {
        asked += 1;
        return stillRunning(0);
      }),
    );
    await expect(xhrTransport(file, options())).rejects.toMatchObject({ code: "in_progress" });
    expect(asked).toBe(21);
  });

  it("stops when asked to while it waits", async () => {
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    server.use(http.post("/api/documents/upload", () => stillRunning(600)));
    const sending = xhrTransport(file, { ...options(abort.signal), onProgress });
    await expect(sending).rejects.toMatchObject({ name: "AbortError" });
  });

  it("stops when asked to", async () => {
    const abort = new AbortController();
    server.use(http.post("/api/documents/upload", () => new Promise(() => {})));
    const sending = xhrTransport(file, options(abort.signal));
    abort.abort();
    await expect(sending).rejects.toMatchObject({ name: "AbortError" });
  });
});
