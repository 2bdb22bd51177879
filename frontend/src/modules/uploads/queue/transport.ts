import { connection } from "@/api/connection";
import { problemFrom, unreachable } from "@/api/problem";
import type { UploadResult } from "@/api/types";

// Longer than the server goes on holding a request that broke off: a minute of silence and a little.
const MOST_REPEATS = 20;
const USUAL_PAUSE_SECONDS = 5;

export interface UploadOptions {
  autoClassify: boolean;
  /** One for all tries of a file, so that a repeat gets the answer of the first. */
  idempotencyKey: string;
  onProgress(sentBytes: number): void;
  signal: AbortSignal;
}

/** Sends one file; rejects with an `ApiProblem`, or with an `AbortError` after a cancel. */
export type Transport = (file: File, options: UploadOptions) => Promise<UploadResult>;

interface Answer {
  status: number;
  body: unknown;
  retryAfter: string | null;
}

/** Waits while the server still holds an earlier request for the same file. */
export const xhrTransport: Transport = async (file, options) => {
  for (let repeats = 0; ; repeats += 1) {
    const { status, body, retryAfter } = await send(file, options);
    if (status >= 200 && status < 300 && body) {
      connection.reportUp();
      return body as UploadResult;
    }
    const problem = problemFrom(status, body);
    if (problem.code !== "in_progress" || repeats === MOST_REPEATS) throw problem;
    options.onProgress(0);
    await pause(secondsOf(retryAfter), options.signal);
  }
};

/** XMLHttpRequest still is the only way to see how much of a body has left. */
function send(file: File, options: UploadOptions): Promise<Answer> {
  const { autoClassify, idempotencyKey, onProgress, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled());
    const request = new XMLHttpRequest();
    const abort = () => {
      request.abort();
      reject(cancelled());
    };
    signal.addEventListener("abort", abort, { once: true });

    request.open("POST", "/api/documents/upload");
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Idempotency-Key", idempotencyKey);
    request.upload.onprogress = (event) => {
      const share = event.total > 0 ? event.loaded / event.total : 0;
      onProgress(Math.min(file.size, Math.round(share * file.size)));
    };
    request.onload = () =>
      resolve({
        status: request.status,
        body: request.response,
        retryAfter: request.getResponseHeader("Retry-After"),
      });
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(cancelled());
    request.onloadend = () => signal.removeEventListener("abort", abort);

    const body = new FormData();
    body.append("auto_classify", String(autoClassify));
    body.append("file", file, file.name);
    request.send(body);
  });
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled());
    const abort = () => {
      clearTimeout(timer);
      reject(cancelled());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, seconds * 1000);
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** The header in seconds, the only form in which the vault writes it. */
function secondsOf(retryAfter: string | null): number {
  return retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : USUAL_PAUSE_SECONDS;
}

const cancelled = () => new DOMException("Cancelled", "AbortError");
