import { formatAgo, formatMoment } from "../format/time";

/** When something happened, in words, with the exact moment at hand. */
export function Ago({ at }: { at: string }) {
  return (
    <time dateTime={at} title={formatMoment(at)}>
      {formatAgo(at)}
    </time>
  );
}
