import type { components } from "./generated/schema";

type ProblemBody = components["schemas"]["Problem"];
type FieldProblem = components["schemas"]["FieldProblem"];

const UNREACHABLE_STATUS = new Set([0, 502, 503, 504]);

/** A failed request: a stable `code` for programs and a sentence (`message`) for people. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly errors: readonly FieldProblem[] = [],
    readonly requestId: string | null = null,
  ) {
    super(message);
  }

  /** Whether nothing that speaks for the vault answered. */
  get unreachable(): boolean {
    return this.code === "server_unreachable";
  }
}

export function unreachable(status = 0): ApiProblem {
  return new ApiProblem(
    "server_unreachable",
    "DocuVault cannot be reached just now. It will be tried again by itself.",
    status,
  );
}

function isProblemBody(body: unknown): body is ProblemBody {
  if (typeof body !== "object" || body === null) return false;
  const candidate = body as Partial<ProblemBody>;
  return typeof candidate.code === "string" && typeof candidate.detail === "string";
}

/** The problem in an answer; proxies in between answer without one, so the status speaks then. */
export function problemFrom(status: number, body: unknown): ApiProblem {
  if (isProblemBody(body)) {
    return new ApiProblem(body.code, body.detail, status, body.errors ?? [], body.request_id);
  }
  if (status === 413) {
    return new ApiProblem("file_too_large", "The file is larger than this vault accepts.", status);
  }
  if (UNREACHABLE_STATUS.has(status) || status === 500) return unreachable(status);
  return new ApiProblem(`http_${status}`, `The server answered with status ${status}.`, status);
}

/** Any thrown thing as a problem. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof TypeError) return unreachable();
  return new ApiProblem("unexpected", "Something unexpected happened in this page.", 0);
}
