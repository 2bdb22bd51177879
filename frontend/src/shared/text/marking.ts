/** A stretch of text and whether it is to be marked. */
export interface Piece {
  text: string;
  marked: boolean;
}

export type Range = readonly [start: number, end: number];

/** Cuts a string at ranges of its UTF-16 units; ranges may overlap, be unsorted or stick out. */
export function piecesOf(text: string, ranges: readonly Range[]): Piece[] {
  const sorted = ranges
    .map(([start, end]): Range => [Math.max(0, start), Math.min(text.length, end)])
    .filter(([start, end]) => end > start)
    .sort((a, b) => a[0] - b[0]);
  const pieces: Piece[] = [];
  let position = 0;
  for (const [start, end] of sorted) {
    if (end <= position) continue;
    const from = Math.max(start, position);
    if (from > position) pieces.push({ text: text.slice(position, from), marked: false });
    const last = pieces.at(-1);
    if (last?.marked && from === position) last.text += text.slice(from, end);
    else pieces.push({ text: text.slice(from, end), marked: true });
    position = end;
  }
  if (position < text.length) pieces.push({ text: text.slice(position), marked: false });
  return pieces;
}

/** Ranges in code points, as the server counts them, as ranges in UTF-16 units. */
export function fromCodePoints(text: string, ranges: readonly (readonly number[])[]): Range[] {
  const units: number[] = [];
  let unit = 0;
  for (const character of text) {
    units.push(unit);
    unit += character.length;
  }
  const at = (point: number) => units[point] ?? text.length;
  return ranges.map(([start = 0, end = 0]): Range => [at(start), at(end)]);
}
