import { FAMILIES, type Family, SEARCH_MODES, type SearchMode } from "@/api/types";
import { day, id, oneOf, text } from "@/shared/search-params";

/** What the address of a search may say. */
export interface SearchParams {
  q?: string | undefined;
  mode?: SearchMode | undefined;
  topic?: string | undefined;
  type?: Family | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

export function parseSearchParams(raw: Record<string, unknown>): SearchParams {
  return {
    q: text(raw.q, 1000),
    mode: oneOf(raw.mode, SEARCH_MODES),
    topic: id(raw.topic),
    type: oneOf(raw.type, FAMILIES),
    from: day(raw.from),
    to: day(raw.to),
  };
}
