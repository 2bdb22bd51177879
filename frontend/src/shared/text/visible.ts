/** A run of a text: shown as it is, or by the name of the invisible character it holds. */
export interface VisibleRun {
  text: string;
  escaped: boolean;
}

// Control, direction-changing, zero-width and tag characters can make a name lie about itself.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
// Persian words and joined emoji need these two, so they pass after anything but ASCII.
const JOINER = /[\u200c\u200d]/;

function escapeOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** The runs of a text with every invisible character spelled out. */
export function visibleRuns(text: string): VisibleRun[] {
  const runs: VisibleRun[] = [];
  let plain = "";
  for (const character of text) {
    const joins = JOINER.test(character) && /\P{ASCII}$/u.test(plain);
    if (joins || !INVISIBLE.test(character)) {
      plain += character;
      continue;
    }
    if (plain) runs.push({ text: plain, escaped: false });
    plain = "";
    runs.push({ text: escapeOf(character), escaped: true });
  }
  if (plain) runs.push({ text: plain, escaped: false });
  return runs;
}

/** The text as one string for labels and titles, with every invisible character spelled out. */
export function visibleText(text: string): string {
  return visibleRuns(text)
    .map((run) => (run.escaped ? `⟨${run.text}⟩` : run.text))
    .join("");
}
