import { describe, expect, it } from "vitest";
import { aDocument, stages } from "@/test/fixtures";
import { describeStatus } from "./documents";
import { formatBytes, formatPercent, formatRate, plural } from "./quantity";
import { formatAgo, formatDuration, formatTimeLeft } from "./time";

describe("quantities", () => {
  it("tells sizes as people read them", () => {
    expect(formatBytes(0)).toBe("0 bytes");
    expect(formatBytes(1)).toBe("1 byte");
    expect(formatBytes(999)).toBe("999 bytes");
    expect(formatBytes(1_234)).toBe("1.2 kB");
    expect(formatBytes(999_950)).toBe("1 MB");
    expect(formatBytes(123_456_789)).toBe("123 MB");
    expect(formatBytes(-1)).toBe("0 bytes");
    expect(formatRate(2_100_000)).toBe("2.1 MB/s");
  });

  it("never calls something finished that is not", () => {
    expect(formatPercent(0.999)).toBe("99 %");
    expect(formatPercent(1)).toBe("100 %");
    expect(formatPercent(-3)).toBe("0 %");
  });

  it("counts", () => {
    expect(plural(1, "document")).toBe("1 document");
    expect(plural(1200, "document")).toBe("1,200 documents");
    expect(plural(2, "try", "tries")).toBe("2 tries");
  });
});

describe("times", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  it("tells how long ago", () => {
    expect(formatAgo("2026-11-20T11:59:30Z", now)).toBe("just now");
    expect(formatAgo("2026-11-20T11:57:00Z", now)).toBe("3 minutes ago");
    expect(formatAgo("2026-11-19T12:00:00Z", now)).toBe("yesterday");
    expect(formatAgo("2026-01-02T12:00:00Z", now)).toBe("Jan 2, 2026");
  });

  it("tells spans", () => {
    expect(formatDuration(0.42)).toBe("0.4 s");
    expect(formatDuration(59.4)).toBe("59 s");
    expect(formatDuration(200)).toBe("3 min 20 s");
    expect(formatDuration(3_900)).toBe("1 h 5 min");
    expect(formatTimeLeft(0.1)).toBe("1 s left");
    expect(formatTimeLeft(75)).toBe("1 min 15 s left");
  });
});

describe("describeStatus", () => {
  const words = (changes: Parameters<typeof aDocument>[0]) =>
    describeStatus(aDocument(changes)).words;
  it("uses plain words for every stage", () => {
    const processing = { status: "processing" } as const;
    expect(words({ status: "pending", stages: stages("pending", "pending", "pending") })).toBe(
      "Waiting",
    );
    expect(words({ ...processing, stages: stages("running", "pending", "pending") })).toBe(
      "Reading text",
    );
    expect(words({ ...processing, stages: stages("done", "running", "pending") })).toBe(
      "Finding topics",
    );
    expect(words({ ...processing, stages: stages("done", "skipped", "pending") })).toBe(
      "Making searchable",
    );
    expect(words({})).toBe("Ready");
    expect(words({ status: "failed", error: { code: "encrypted", message: "" } })).toBe(
      "Failed: password protected",
    );
    expect(words({ status: "failed", error: { code: "new_code", message: "" } })).toBe(
      "Failed: could not be processed",
    );
  });
});
