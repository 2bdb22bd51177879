import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { FakeEventSource } from "@/test/eventSource";
import { aDocument, assigned, aTopic, stages } from "@/test/fixtures";
import { renderAt } from "@/test/renderAt";
import { problem, server } from "@/test/server";

const invoices = aTopic({ name: "Invoices", doc_count: 1 });
const listOf = (...items: ReturnType<typeof aDocument>[]) =>
  HttpResponse.json({ items, total: items.length, page: 1, per_page: 25, next_cursor: null });

describe("DocumentsPage", () => {
  it("invites the first drop when the vault is empty", async () => {
    renderAt("/");
    expect(
      await screen.findByRole("heading", { name: "Drop your first documents here" }),
    ).toBeVisible();
    expect(screen.getByRole("button", { name: "Choose files" })).toBeVisible();
    await waitFor(() => expect(document.title).toBe("Documents · DocuVault"));
  });

  it("shows what each document is doing, and why one failed", async () => {
    server.use(
      http.get("/api/documents", () =>
        listOf(
          aDocument({ title: "Power bill", topics: [assigned(invoices)] }),
          aDocument({
            title: "Statement",
            status: "failed",
            error: { code: "encrypted", message: "The file is protected by a password." },
          }),
        ),
      ),
    );
    const { user } = renderAt("/");
    const rows = await screen.findAllByTestId("document-row");
    expect(within(rows[0] as HTMLElement).getByText("Ready")).toBeVisible();
    expect(within(rows[0] as HTMLElement).getByRole("link", { name: "Invoices" })).toHaveAttribute(
      "href",
      `/?topic=${invoices.id}`,
    );
    await user.click(screen.getByRole("button", { name: "Failed: password protected" }));
    expect(await screen.findByText("The file is protected by a password.")).toBeVisible();
    expect(screen.getByText("encrypted")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Retry" })).toBeNull();
  });

  it("asks the server for what the address says", async () => {
    const asked: string[] = [];
    server.use(
      http.get("/api/documents", ({ request }) => {
        asked.push(new URL(request.url).search);
        return listOf();
      }),
    );
    renderAt(`/?topic=${invoices.id}&status=failed&type=pdf&sort=title&page=3&odd=1`);
    expect(await screen.findByText("Nothing matches these filters")).toBeVisible();
    const query = new URLSearchParams(asked[0]);
    expect(Object.fromEntries(query)).toEqual({
      topic: invoices.id,
      status: "failed",
      type: "pdf",
      sort: "title",
      page: "3",
      per_page: "25",
    });
  });

  it("focus stolen by a refresh: follows the news without moving it", async () => {
    const before = aDocument({
      title: "Report",
      status: "processing",
      stages: stages("running", "pending", "pending"),
    });
    let now = before;
    server.use(http.get("/api/documents", () => listOf(now)));
    renderAt("/");
    expect(await screen.findByText("Reading text")).toBeVisible();
    const link = screen.getByRole("link", { name: "Report" });
    link.focus();
    now = { ...before, status: "ready", stages: stages("done", "done", "done") };
    const stream = FakeEventSource.opened.at(-1);
    stream?.accept();
    stream?.say("document", JSON.stringify({ kind: "document", id: before.id }));
    const row = screen.getByTestId("document-row");
    expect(await within(row).findByText("Ready")).toBeVisible();
    expect(link).toHaveFocus();
  });

  it("says in the server's sentence what went wrong", async () => {
    server.use(http.get("/api/documents", () => problem(400, "odd", "This was not understood.")));
    renderAt("/");
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("This was not understood.");
    expect(alert).toHaveTextContent("odd");
  });

  it("narrows the list to what needs review, and marks one as reviewed", async () => {
    const bill = aDocument({ title: "Power bill", needs_review: true });
    const changes: unknown[] = [];
    const asked: (string | null)[] = [];
    server.use(
      http.get("/api/documents", ({ request }) => {
        asked.push(new URL(request.url).searchParams.get("needs_review"));
        return changes.length === 0 ? listOf(bill) : listOf();
      }),
      http.patch(`/api/documents/${bill.id}`, async ({ request }) => {
        changes.push(await request.json());
        return HttpResponse.json({ ...bill, needs_review: false });
      }),
    );
    const { user, router } = renderAt("/");
    const row = await screen.findByTestId("document-row");
    expect(within(row).getByText("Needs review")).toBeVisible();
    await user.click(screen.getByRole("checkbox", { name: "Needs review" }));
    await waitFor(() => expect(asked.at(-1)).toBe("true"));
    expect(router.state.location.search).toEqual({ review: true });
    await user.click(screen.getByRole("button", { name: "More for Power bill" }));
    await user.click(await screen.findByRole("menuitem", { name: "Mark as reviewed" }));
    expect(await screen.findByText("Marked as reviewed.")).toBeVisible();
    expect(await screen.findByText("Nothing matches these filters")).toBeVisible();
    expect(changes).toEqual([{ needs_review: false }]);
  });
});
