import { findHit, type Hit } from "@/shared/text/finding";

const NAME = "dv-hit";
const marked = new Map<Element, Range[]>();

/** The ranges of a rendered text layer that show the hit. */
export function hitRanges(layer: Element, hit: Hit): Range[] {
  const nodes: { node: Text; start: number; end: number }[] = [];
  let text = "";
  const walker = document.createTreeWalker(layer, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof HTMLBRElement) text += " ";
    if (!(node instanceof Text)) continue;
    nodes.push({ node, start: text.length, end: text.length + node.data.length });
    text += node.data;
  }
  // One range for each text node: a range across nodes would also paint what lies between them.
  return findHit(text, hit).flatMap(([from, to]) =>
    nodes
      .filter(({ start, end }) => start < to && end > from)
      .map(({ node, start, end }) => {
        const range = document.createRange();
        range.setStart(node, Math.max(from, start) - start);
        range.setEnd(node, Math.min(to, end) - start);
        return range;
      }),
  );
}

function paint(): void {
  const ranges = [...marked.values()].flat();
  if (ranges.length > 0) CSS.highlights.set(NAME, new Highlight(...ranges));
  else CSS.highlights.delete(NAME);
}

/** Paints the hit over a page without touching its elements; browsers that cannot just show the page. */
export function showHit(page: Element, hit: Hit): Range | null {
  if (typeof CSS === "undefined" || !("highlights" in CSS)) return null;
  const layer = page.querySelector(".textLayer");
  const ranges = layer ? hitRanges(layer, hit) : [];
  marked.set(page, ranges);
  paint();
  return ranges[0] ?? null;
}

export function hideHit(page: Element): void {
  if (marked.delete(page)) paint();
}
