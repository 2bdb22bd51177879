import { describe, expect, it } from "vitest";
import { findHit, findPassage, findQuery } from "./finding";

const found = (text: string, query: string) =>
  findQuery(text, query).map(([start, end]) => text.slice(start, end));

describe("findQuery", () => {
  it("prefers the whole phrase to its words", () => {
    expect(found("The rent. The monthly rent is due.", "monthly rent")).toEqual(["monthly rent"]);
    expect(found("rent and monthly", "monthly rent")).toEqual(["monthly", "rent"]);
  });

  it("compares without case and accents and keeps the original's place", () => {
    expect(found("Zoë’s CAFÉ bill", "cafe")).toEqual(["CAFÉ"]);
    expect(found("ﬁnal offer: naïve", "naive")).toEqual(["naïve"]);
  });

  it("takes quoted phrases as they stand, also across a line break", () => {
    expect(found("due on the\nthird day, third time", '"the third day"')).toEqual([
      "the\nthird day",
    ]);
  });

  it("leaves out words too short to mean anything, and finds words only at their start", () => {
    expect(found("is it a parent or rent", "is a rent")).toEqual(["rent"]);
  });

  it("finds nothing for nothing", () => {
    expect(found("text", "  ")).toEqual([]);
    expect(found("", "text")).toEqual([]);
  });
});

describe("findPassage", () => {
  it("finds a passage whatever its line breaks", () => {
    const text = "A.\nKeeping dogs\nneeds consent of the landlord.\nB.";
    const [range] = findPassage(text, "Keeping dogs needs consent of the landlord.");
    expect(range && text.slice(...range)).toBe("Keeping dogs\nneeds consent of the landlord.");
  });

  it("settles for the beginning of a passage that goes on elsewhere", () => {
    const start = "This sentence is long enough to be recognised by its first sixty letters alone";
    expect(
      findPassage(`x ${start}`, `${start} and more that stands on the next page`),
    ).toHaveLength(1);
    expect(findPassage("something else", start)).toEqual([]);
  });

  it("falls back to the words when the passage is not there", () => {
    expect(findHit("the rent", { q: "rent", hit: "not here at all" })).toEqual([[4, 8]]);
  });
});
