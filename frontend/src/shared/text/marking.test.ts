import { describe, expect, it } from "vitest";
import { fromCodePoints, piecesOf } from "./marking";

const shown = (text: string, ranges: [number, number][]) =>
  piecesOf(text, ranges)
    .map((piece) => (piece.marked ? `[${piece.text}]` : piece.text))
    .join("");

describe("piecesOf", () => {
  it("marks ranges in any order, joined where they meet", () => {
    expect(
      shown("one two three", [
        [8, 13],
        [0, 3],
      ]),
    ).toBe("[one] two [three]");
    expect(
      shown("abcdef", [
        [0, 2],
        [2, 4],
      ]),
    ).toBe("[abcd]ef");
    expect(
      shown("abcdef", [
        [0, 4],
        [2, 5],
      ]),
    ).toBe("[abcde]f");
  });

  it("never loses or doubles a character, whatever the ranges", () => {
    expect(
      shown("abc", [
        [-5, 1],
        [2, 99],
        [2, 2],
        [9, 1],
      ]),
    ).toBe("[a]b[c]");
    expect(shown("", [[0, 3]])).toBe("");
    for (let round = 0; round < 200; round += 1) {
      const text = "the quick brown fox";
      const ranges = Array.from({ length: round % 7 }, (_, index): [number, number] => {
        const start = (round * 7 + index * 13) % 25;
        return [start - 2, start + ((round * 5 + index) % 9) - 1];
      });
      expect(
        piecesOf(text, ranges)
          .map((piece) => piece.text)
          .join(""),
      ).toBe(text);
    }
  });
});

describe("fromCodePoints", () => {
  it("finds the place that the server means behind characters outside the first plane", () => {
    const text = "😀 consent 𝒳 here";
    const [range] = fromCodePoints(text, [[2, 9]]);
    expect(range && text.slice(...range)).toBe("consent");
    const [last] = fromCodePoints(text, [[12, 16]]);
    expect(last && text.slice(...last)).toBe("here");
  });
});
