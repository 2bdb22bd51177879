import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { aStatus } from "./fixtures";

const info = {
  name: "DocuVault",
  version: "1.0.0",
  max_upload_bytes: 100_000_000,
  readable_media_types: [],
  text_leaves_the_vault: false,
};

/** An empty vault; tests put over it what they are about. */
export const server = setupServer(
  http.get("/api/info", () => HttpResponse.json(info)),
  http.get("/api/topics", () => HttpResponse.json({ topics: [] })),
  http.get("/api/rules", () => HttpResponse.json({ rules: [] })),
  http.get("/api/documents", () =>
    HttpResponse.json({ items: [], total: 0, page: 1, per_page: 25, next_cursor: null }),
  ),
  http.get("/api/status", () => HttpResponse.json(aStatus())),
  http.get("/health/live", () => HttpResponse.json({ status: "ok" })),
);

export function problem(status: number, code: string, detail: string, errors: object[] = []) {
  return HttpResponse.json(
    { type: "about:blank", title: "", status, detail, code, errors, request_id: "r1" },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}
