import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import type { SearchResults } from "@/api/types";
import { aDocument } from "@/test/fixtures";
import { renderAt } from "@/test/renderAt";
import { problem, server } from "@/test/server";

let asked: URLSearchParams;

function answer(changes: Partial<SearchResults>) {
  const results = {
    query: "",
    mode: "hybrid",
    hits: [],
    has_more: false,
    degraded: [],
    ...changes,
  };
  server.use(
    http.get("/api/search", ({ request }) => {
      asked = new URL(request.url).searchParams;
      return HttpResponse.json(results);
    }),
  );
}

const lease = aDocument({ title: "Lease", page_count: 9 });
const hit = (highlights: [number, number][]): SearchResults["hits"][number] => ({
  document: lease,
  page: 3,
  chunk_id: null,
  snippet: { text: "…Keeping dogs needs consent.", highlights },
  legs: ["meaning", "words"],
  score: 0.5,
});

beforeEach(() => {
  asked = new URLSearchParams();
});

describe("SearchPage", () => {
  it("goes from the box on any page to the hits and on to the page of the document", async () => {
    answer({ hits: [hit([[1, 8]])] });
    const { user, router } = renderAt("/topics");
    await user.type(
      await screen.findByRole("searchbox", { name: "Search all documents" }),
      "dogs allowed?{Enter}",
    );
    const row = await screen.findByTestId("search-hit");
    expect(router.state.location.search).toEqual({ q: "dogs allowed?" });
    expect(within(row).getByText("Page 3")).toBeVisible();
    expect(within(row).getByText("by meaning")).toBeVisible();
    expect(within(row).getByText("by words")).toBeVisible();
    expect(within(row).getByText("Keeping").tagName).toBe("MARK");
    const link = new URL((within(row).getByRole("link") as HTMLAnchorElement).href);
    expect(link.pathname).toBe(`/documents/${lease.id}`);
    expect(Object.fromEntries(link.searchParams)).toEqual({ page: "3", q: "dogs allowed?" });
  });

  it("takes the passage along when only its meaning matched", async () => {
    answer({ hits: [hit([])] });
    renderAt("/search?q=pets");
    const row = await screen.findByTestId("search-hit");
    const link = new URL((within(row).getByRole("link") as HTMLAnchorElement).href);
    expect(link.searchParams.get("hit")).toBe("Keeping dogs needs consent.");
  });

  it("asks for what the address says and keeps the switch in the address", async () => {
    answer({ hits: [hit([])] });
    const { user, router } = renderAt("/search?q=1234&mode=words&type=pdf&from=2026-01-01&to=bad");
    await screen.findByTestId("search-hit");
    expect(Object.fromEntries(asked)).toEqual({
      q: "1234",
      mode: "words",
      type: "pdf",
      created_from: "2026-01-01",
      limit: "20",
      offset: "0",
    });
    await user.click(screen.getByRole("radio", { name: "Meaning" }));
    expect(router.state.location.search).toMatchObject({ mode: "meaning", type: "pdf" });
  });

  it("says in plain words which way of searching is away", async () => {
    answer({ hits: [hit([])], degraded: ["meaning", "words"] });
    renderAt("/search?q=pets");
    expect(
      await screen.findByText(/Searching by meaning and by words does not work just now/),
    ).toBeVisible();
  });

  it("gives tips when nothing is found", async () => {
    answer({});
    renderAt("/search?q=nothing&mode=exact");
    expect(await screen.findByRole("heading", { name: "Nothing found" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Search everything" })).toBeVisible();
  });

  it("shows the server's sentence when the search fails", async () => {
    server.use(http.get("/api/search", () => problem(422, "validation_failed", "Not acceptable.")));
    renderAt("/search?q=pets");
    expect(await screen.findByRole("alert")).toHaveTextContent("Not acceptable.");
  });
});
