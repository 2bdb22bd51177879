import type { Notice, Status } from "@/api/types";
import { partName } from "./naming";

export interface Announcement {
  /** What does not work, and what still does. */
  words: string;
  /** How many other things are not well. */
  others: number;
  severe: boolean;
}

function partOf(status: Status, notice: Notice) {
  return status.components.find((part) => `${part.name}_${part.status}` === notice.code);
}

/** What stops everything comes first, then what is done for new documents, then the rest. */
function rank(status: Status, notice: Notice): number {
  const part = partOf(status, notice);
  if (!part) return 1;
  if (part.status === "degraded") return 3;
  return part.critical ? 0 : 2;
}

/** The one thing to say of what is not well; null when there is nothing. */
export function announce(
  status: Status,
  notices: readonly Notice[] = status.notices,
): Announcement | null {
  const worst = notices.toSorted((a, b) => rank(status, a) - rank(status, b))[0];
  if (!worst) return null;
  const part = partOf(status, worst);
  const name = part ? `${partName(part.name)}: ` : "";
  return {
    words: `${name}${worst.sentence} ${worst.works}`.trim(),
    others: notices.length - 1,
    severe: rank(status, worst) === 0,
  };
}
