import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { aDocument, assigned, aTopic, stages } from "@/test/fixtures";
import { renderAt } from "@/test/renderAt";
import { problem, server } from "@/test/server";

const garden = aTopic({ name: "Garden" });
const house = aTopic({ name: "House" });

function serve(document: ReturnType<typeof aDocument>, text: string[] = ["Hello"]) {
  const changes: unknown[] = [];
  let now = document;
  server.use(
    http.get("/api/topics", () => HttpResponse.json({ topics: [garden, house] })),
    http.get(`/api/documents/${document.id}`, () => HttpResponse.json(now)),
    http.get(`/api/documents/${document.id}/text`, () =>
      HttpResponse.json({
        page_count: text.length,
        pages: text.map((words, index) => ({ number: index + 1, text: words })),
      }),
    ),
    http.patch(`/api/documents/${document.id}`, async ({ request }) => {
      const body = (await request.json()) as Partial<{
        title: string;
        topic_ids: string[];
        needs_review: boolean;
      }>;
      changes.push(body);
      now = {
        ...now,
        ...(body.title && { title: body.title }),
        ...(body.needs_review !== undefined && { needs_review: body.needs_review }),
        ...(body.topic_ids && {
          topics: now.topics.filter(({ id }) => body.topic_ids?.includes(id)),
        }),
      };
      return HttpResponse.json(now);
    }),
  );
  return changes;
}

describe("DocumentPage", () => {
  it("shows the text page by page with the hit marked, never as markup", async () => {
    const document = aDocument({ page_count: 2 });
    serve(document, ["First <b>page</b>", "The monthly rent"]);
    renderAt(`/documents/${document.id}?page=2&q=rent`);
    expect(await screen.findByText("First <b>page</b>")).toBeVisible();
    expect(screen.getByText("rent").tagName).toBe("MARK");
    expect(await screen.findByRole("link", { name: "Page 2" })).toBeVisible();
  });

  it("says that a rule gave a topic and asks for review, until it is reviewed", async () => {
    const topics = [assigned(garden, { source: "rule", confidence: 1, evidence: "Plants" })];
    const document = aDocument({ needs_review: true, topics });
    const changes = serve(document);
    const { user } = renderAt(`/documents/${document.id}`);
    expect(await screen.findByText("Needs review")).toBeVisible();
    expect(screen.queryByText(/100% sure/)).toBeNull();
    await user.click(screen.getByRole("button", { name: "Garden: why this topic?" }));
    expect(await screen.findByRole("link", { name: "Plants" })).toHaveAttribute("href", "/rules");
    await user.keyboard("{Escape}");
    await user.click(screen.getByRole("button", { name: "Mark as reviewed" }));
    await waitFor(() => expect(screen.queryByText("Needs review")).toBeNull());
    expect(changes).toEqual([{ needs_review: false }]);
  });

  it("changes the title in place and gives the focus back", async () => {
    const document = aDocument({ title: "Old title" });
    const changes = serve(document);
    const { user } = renderAt(`/documents/${document.id}`);
    await user.click(await screen.findByRole("button", { name: "Change the title" }));
    const field = screen.getByRole("textbox", { name: "Title" });
    expect(field).toHaveFocus();
    await user.clear(field);
    await user.type(field, "New title{Enter}");
    expect(await screen.findByRole("heading", { name: "New title" })).toBeVisible();
    expect(changes).toEqual([{ title: "New title" }]);
    await waitFor(() =>
      expect(screen.getByRole("button", { name: "Change the title" })).toHaveFocus(),
    );
  });

  it("tells who set a topic and why, and takes it off", async () => {
    const document = aDocument({
      topics: [assigned(garden, { confidence: 0.91, evidence: "The roses need water." })],
    });
    const changes = serve(document);
    const { user } = renderAt(`/documents/${document.id}`);
    await user.click(await screen.findByRole("button", { name: "Garden: why this topic?" }));
    expect(await screen.findByText("The roses need water.")).toBeVisible();
    expect(screen.getByText("Found automatically on this server")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Remove the topic Garden" }));
    expect(await screen.findByText("No topics yet.")).toBeVisible();
    expect(changes).toEqual([{ topic_ids: [] }]);
  });

  it("names the reason of a failure with its code", async () => {
    const document = aDocument({
      status: "failed",
      page_count: null,
      error: { code: "corrupt_file", message: "The file is damaged." },
    });
    serve(document);
    renderAt(`/documents/${document.id}`);
    expect(await screen.findByText("The file is damaged.")).toBeVisible();
    expect(screen.getByText("corrupt_file")).toBeVisible();
  });

  it("says what was done without the AI provider, and whether that will be made up for", async () => {
    const [extract, classify, embed] = stages("done", "done", "done");
    if (!extract || !classify || !embed) throw new Error("A document has three stages.");
    const filed = { ...classify, mode: "heuristic" as const, next_run_at: "2026-11-20T11:00:00Z" };
    const waiting = aDocument({ stages: [extract, filed, embed] });
    serve(waiting);
    const { unmount } = renderAt(`/documents/${waiting.id}`);
    expect(
      await screen.findByText("Filed without the AI provider; will be completed."),
    ).toBeVisible();
    unmount();
    const givenUp = aDocument({ stages: [extract, { ...filed, next_run_at: null }, embed] });
    serve(givenUp);
    renderAt(`/documents/${givenUp.id}`);
    expect(await screen.findByText("Filed without the AI provider.")).toBeVisible();
  });

  it("asks before it deletes, then goes back to the list", async () => {
    const document = aDocument({ title: "Old bill" });
    serve(document);
    let deleted = false;
    server.use(
      http.delete(`/api/documents/${document.id}`, () => {
        deleted = true;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user, router } = renderAt(`/documents/${document.id}`);
    const page = within(await screen.findByRole("main"));
    await user.click(await page.findByRole("button", { name: "More" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
    expect(deleted).toBe(false);
    await user.click(await screen.findByRole("button", { name: "Delete" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/"));
    expect(deleted).toBe(true);
  });

  it("says so when the document is not there", async () => {
    const missing = aDocument();
    server.use(
      http.get(`/api/documents/${missing.id}`, () => problem(404, "not_found", "Nothing here.")),
    );
    renderAt(`/documents/${missing.id}`);
    expect(await screen.findByText("This document is not in the vault")).toBeVisible();
  });
});
