import type { Range } from "./marking";

const PHRASE = /"([^"]+)"/g;
const WORD = /[\p{L}\p{N}]+/gu;
const SHORTEST_WORD = 3;

interface Folded {
  text: string;
  /** For each unit of the folded text, the unit of the original it came from. */
  origins: number[];
}

/** Without case and accents, as the server compares; keeps track of where everything was. */
function fold(text: string): Folded {
  let folded = "";
  const origins: number[] = [];
  let position = 0;
  for (const character of text) {
    const plain = character
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/\s/gu, " ");
    folded += plain;
    for (let unit = 0; unit < plain.length; unit += 1) origins.push(position);
    position += character.length;
  }
  origins.push(position);
  return { text: folded, origins };
}

function occurrences(where: Folded, needle: string, wholeStart: boolean): Range[] {
  const found: Range[] = [];
  if (!needle) return found;
  for (let at = where.text.indexOf(needle); at >= 0; at = where.text.indexOf(needle, at + 1)) {
    if (wholeStart && at > 0 && /[\p{L}\p{N}]/u.test(where.text[at - 1] ?? "")) continue;
    found.push([where.origins[at] ?? 0, where.origins[at + needle.length] ?? 0]);
  }
  return found;
}

const squeeze = (text: string) => text.replace(/\s+/g, " ").trim();

/** Where a query is found in a text: its phrases if any is there, else its longer words. */
export function findQuery(text: string, query: string): Range[] {
  const where = fold(text);
  const quoted = [...query.matchAll(PHRASE)].map((match) => match[1] ?? "");
  const phrases = quoted.length > 0 ? quoted : [query];
  const exact = phrases.flatMap((phrase) => occurrences(where, squeeze(fold(phrase).text), false));
  if (exact.length > 0) return exact;
  const words = fold(query).text.match(WORD) ?? [];
  return [...new Set(words)]
    .filter((word) => word.length >= SHORTEST_WORD)
    .flatMap((word) => occurrences(where, word, true));
}

/** What led to a document: the words that were asked, or the passage that was found by meaning. */
export interface Hit {
  q?: string | undefined;
  hit?: string | undefined;
}

const PROBES = [Number.POSITIVE_INFINITY, 120, 60];

/** Where a passage stands in a text, whatever the line breaks; its beginning if not all of it is there. */
export function findPassage(text: string, passage: string): Range[] {
  const where = fold(text);
  let dense = "";
  const origins: number[] = [];
  for (let at = 0; at < where.text.length; at += 1) {
    const unit = where.text[at] ?? "";
    if (unit === " ") continue;
    dense += unit;
    origins.push(where.origins[at] ?? 0);
  }
  origins.push(text.length);
  const wanted = fold(passage).text.replaceAll(" ", "");
  for (const length of PROBES) {
    const probe = wanted.slice(0, length);
    const at = probe.length > 0 ? dense.indexOf(probe) : -1;
    if (at < 0) continue;
    const last = origins[at + probe.length - 1] ?? 0;
    return [[origins[at] ?? 0, last + String.fromCodePoint(text.codePointAt(last) ?? 0).length]];
  }
  return [];
}

/** Everything to mark in a text for what led to it. */
export function findHit(text: string, { q, hit }: Hit): Range[] {
  const passage = hit ? findPassage(text, hit) : [];
  return passage.length > 0 || !q ? passage : findQuery(text, q);
}
