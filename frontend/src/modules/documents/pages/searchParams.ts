import {
  type DocumentStatus,
  FAMILIES,
  type Family,
  SORTS,
  type Sort,
  STATUSES,
} from "@/api/types";
import { id, oneOf, text, wholeNumber } from "@/shared/search-params";

/** What the address of the list may say. */
export interface DocumentListParams {
  page?: number | undefined;
  sort?: Sort | undefined;
  topic?: string | undefined;
  status?: DocumentStatus | undefined;
  type?: Family | undefined;
  /** Only what somebody should look at. */
  review?: true | undefined;
  q?: string | undefined;
}

export function parseDocumentListParams(raw: Record<string, unknown>): DocumentListParams {
  return {
    page: wholeNumber(raw.page, 2),
    sort: oneOf(raw.sort, SORTS),
    topic: id(raw.topic),
    status: oneOf(raw.status, STATUSES),
    type: oneOf(raw.type, FAMILIES),
    review: raw.review === true ? true : undefined,
    q: text(raw.q, 200),
  };
}

export const DOCUMENT_TABS = ["preview", "text"] as const;

/** What the address of one document may say: the place in it and what led there. */
export interface DocumentParams {
  page?: number | undefined;
  /** The words that were searched for. */
  q?: string | undefined;
  /** The passage that was found by its meaning. */
  hit?: string | undefined;
  tab?: (typeof DOCUMENT_TABS)[number] | undefined;
}

export function parseDocumentParams(raw: Record<string, unknown>): DocumentParams {
  return {
    page: wholeNumber(raw.page),
    q: text(raw.q),
    hit: text(raw.hit),
    tab: oneOf(raw.tab, DOCUMENT_TABS),
  };
}
