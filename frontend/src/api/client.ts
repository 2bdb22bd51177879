import createClient, { type Middleware } from "openapi-fetch";
import { adminToken, bearer } from "./admin";
import { connection } from "./connection";
import type { paths } from "./generated/schema";
import { asProblem, problemFrom } from "./problem";

const watchConnection: Middleware = {
  onResponse({ response }) {
    if (![502, 504].includes(response.status)) connection.reportUp();
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    connection.reportDown();
    return asProblem(error);
  },
};

const showToken: Middleware = {
  onRequest({ request }) {
    const token = adminToken.read();
    if (token && !request.headers.has("Authorization")) {
      request.headers.set("Authorization", bearer(token));
    }
    return request;
  },
};

export const client = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  // Looked up at each call, so that tests can put their own network in place.
  fetch: (request) => globalThis.fetch(request),
});
client.use(watchConnection, showToken);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a good answer; throws an `ApiProblem` for any other. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok) return data as T;
  const problem = problemFrom(response.status, error);
  if (problem.unreachable) connection.reportDown();
  throw problem;
}
