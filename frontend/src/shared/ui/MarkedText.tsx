import type { Piece } from "../text/marking";

/** Pieces of a text with the marked ones highlighted; always text, never markup. */
export function MarkedText({ pieces }: { pieces: readonly Piece[] }) {
  return pieces.map((piece, index) =>
    piece.marked ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other identity
      <mark key={index}>{piece.text}</mark>
    ) : (
      piece.text
    ),
  );
}
