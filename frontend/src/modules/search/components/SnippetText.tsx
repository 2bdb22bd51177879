import type { Snippet } from "@/api/types";
import { fromCodePoints, piecesOf } from "@/shared/text/marking";
import { MarkedText } from "@/shared/ui/MarkedText";

/** A stretch of a page with the found words marked. */
export function SnippetText({ snippet }: { snippet: Snippet }) {
  const ranges = fromCodePoints(snippet.text, snippet.highlights);
  return <MarkedText pieces={piecesOf(snippet.text, ranges)} />;
}
