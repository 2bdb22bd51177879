import { describe, expect, it } from "vitest";
import type { UploadItem, UploadState } from "./item";
import { summarize } from "./summary";

const item = (state: UploadState, sent = 0): UploadItem => ({
  id: 1,
  name: "a.txt",
  size: 100,
  state,
  sent,
  rate: null,
  activity: null,
  documentId: null,
  failure: null,
  retryable: false,
  cuts: 0,
});

describe("summarize", () => {
  it("counts duplicates as there, and names failures only when there are some", () => {
    expect(summarize([item("ready"), item("duplicate"), item("queued")]).words).toBe(
      "2 of 3 ready",
    );
    expect(summarize([item("ready"), item("failed"), item("cancelled")]).words).toBe(
      "1 of 3 ready, 1 failed, 1 cancelled",
    );
  });

  it("is all done only when nothing is left", () => {
    expect(summarize([item("uploading", 50), item("processing")]).progress).toBeCloseTo(0.375);
    expect(summarize([item("ready"), item("failed")]).progress).toBe(1);
    expect(summarize([]).progress).toBe(0);
  });
});
