import { describe, expect, it } from "vitest";
import { visibleText } from "./visible";

describe("visibleText", () => {
  it("spells out what would make a name lie", () => {
    expect(visibleText("invoice\u202efdp.exe")).toBe("invoice⟨U+202E⟩fdp.exe");
    expect(visibleText("a\u0000b\nc")).toBe("a⟨U+0000⟩b⟨U+000A⟩c");
    expect(visibleText("pay\u200bpal")).toBe("pay⟨U+200B⟩pal");
    expect(visibleText("tag\u{e0041}")).toBe("tag⟨U+E0041⟩");
    expect(visibleText("goo\u200cgle")).toBe("goo⟨U+200C⟩gle");
  });

  it("leaves honest names alone", () => {
    for (const name of ["Übersicht 2026.pdf", "報告書.docx", "👩‍👩‍👧 trip.jpg", "می‌خواهم.pdf"]) {
      expect(visibleText(name)).toBe(name);
    }
  });
});
