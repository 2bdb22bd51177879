import { connection } from "@/api/connection";
import { problemFrom, unreachable } from "@/api/problem";
import type { UploadResult } from "@/api/types";

export interface UploadOptions {
  autoClassify: boolean;
  onProgress(sentBytes: number): void;
  signal: AbortSignal;
}

/** Sends one file; rejects with an `ApiProblem`, or with an `AbortError` after a cancel. */
export type Transport = (file: File, options: UploadOptions) => Promise<UploadResult>;

/** XMLHttpRequest still is the only way to see how much of a body has left. */
export const xhrTransport: Transport = (file, { autoClassify, onProgress, signal }) =>
  new Promise((resolve, reject) => {
    const cancelled = () => reject(new DOMException("Cancelled", "AbortError"));
    if (signal.aborted) return cancelled();
    const request = new XMLHttpRequest();
    const abort = () => {
      request.abort();
      cancelled();
    };
    signal.addEventListener("abort", abort, { once: true });

    request.open("POST", "/api/documents/upload");
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      const share = event.total > 0 ? event.loaded / event.total : 0;
      onProgress(Math.min(file.size, Math.round(share * file.size)));
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300 && request.response) {
        connection.reportUp();
        resolve(request.response as UploadResult);
      } else {
        reject(problemFrom(request.status, request.response));
      }
    };
    request.onerror = () => reject(unreachable());
    request.onabort = cancelled;
    request.onloadend = () => signal.removeEventListener("abort", abort);

    const body = new FormData();
    body.append("auto_classify", String(autoClassify));
    body.append("file", file, file.name);
    request.send(body);
  });
