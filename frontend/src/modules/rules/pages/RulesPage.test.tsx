import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import type { Rule } from "@/api/types";
import { aDocument, aRule, aTopic } from "@/test/fixtures";
import { renderAt } from "@/test/renderAt";
import { problem, server } from "@/test/server";

const taxes = aTopic({ name: "Taxes" });

/** A vault that keeps these rules and understands every condition. */
function serve(...kept: Rule[]) {
  let rules = kept;
  const sent: { method: string; path: string; body: unknown }[] = [];
  const note = async (request: Request) => {
    const body: unknown = await request.json().catch(() => null);
    sent.push({ method: request.method, path: new URL(request.url).pathname, body });
    return body as Partial<Rule>;
  };
  server.use(
    http.get("/api/topics", () => HttpResponse.json({ topics: [taxes] })),
    http.get("/api/rules", () => HttpResponse.json({ rules })),
    http.post("/api/rules", async ({ request }) => {
      const made = aRule(await note(request));
      rules = [...rules, made];
      return HttpResponse.json(made, { status: 201 });
    }),
    http.put("/api/rules/order", async ({ request }) => {
      const { ids } = (await note(request)) as unknown as { ids: string[] };
      rules = ids.flatMap((id) => rules.filter((rule) => rule.id === id));
      return HttpResponse.json({ rules });
    }),
    http.put("/api/rules/:id", async ({ request, params }) => {
      const body = await note(request);
      rules = rules.map((rule) => (rule.id === params.id ? { ...rule, ...body } : rule));
      return HttpResponse.json(rules.find((rule) => rule.id === params.id));
    }),
    http.delete("/api/rules/:id", async ({ request, params }) => {
      await note(request);
      rules = rules.filter((rule) => rule.id !== params.id);
      return new HttpResponse(null, { status: 204 });
    }),
  );
  return sent;
}

const shown = () => screen.getAllByRole("heading", { level: 2 }).map((one) => one.textContent);

beforeEach(() => {
  server.use(
    http.post("/api/rules/check", async ({ request }) => HttpResponse.json(await request.json())),
  );
});

describe("RulesPage", () => {
  it("shows an example when there are no rules, and starts from it", async () => {
    const sent = serve();
    const { user } = renderAt("/rules");
    expect(await screen.findByText(/if mime == "application\/pdf"/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Start from this example" }));
    expect(await screen.findByRole("textbox", { name: "Name" })).toHaveValue("Invoices");
    await user.click(screen.getByRole("button", { name: "Create rule" }));
    expect(await screen.findByText("The rule was created.")).toBeVisible();
    expect(await screen.findByRole("heading", { level: 2, name: "Invoices" })).toBeVisible();
    expect(sent).toEqual([
      {
        method: "POST",
        path: "/api/rules",
        body: {
          name: "Invoices",
          condition: 'mime == "application/pdf" and filename contains "invoice"',
          actions: { topic_ids: [], title: "{title} ({date})", needs_review: true },
          enabled: true,
        },
      },
    ]);
  });

  it("says what each rule does, and what is amiss with it", async () => {
    const actions = { topic_ids: [taxes.id, "gone"], title: "{topic}!", needs_review: true };
    serve(
      aRule({ name: "Bills", actions, missing_topic_ids: ["gone"], fault: "It ends too early." }),
    );
    renderAt("/rules");
    const rule = await screen.findByTestId("rule");
    expect(await within(rule).findByText("Taxes")).toBeVisible();
    expect(within(rule).getByText(/title “/)).toHaveTextContent("title “{topic}!”");
    expect(within(rule).getByText("Needs review")).toBeVisible();
    expect(within(rule).getByText('if family == "text"')).toBeVisible();
    expect(within(rule).getByText(/1 topic of this rule is gone/)).toBeVisible();
    expect(within(rule).getByText(/passed over\. It ends too early\./)).toBeVisible();
  });

  it("moves a rule by keyboard and keeps the focus with it", async () => {
    const [a, b, c] = ["a", "b", "c"].map((name) => aRule({ name })) as [Rule, Rule, Rule];
    const sent = serve(a, b, c);
    const { user } = renderAt("/rules");
    const up = await screen.findByRole("button", { name: "Move c up" });
    expect(screen.getByRole("button", { name: "Move a up" })).toBeDisabled();
    up.focus();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(shown()).toEqual(["a", "c", "b"]));
    expect(screen.getByText("c is now rule 2 of 3.")).toBeInTheDocument();
    await waitFor(() => expect(screen.getByRole("button", { name: "Move c up" })).toHaveFocus());
    await user.keyboard("{Enter}");
    await waitFor(() => expect(shown()).toEqual(["c", "a", "b"]));
    await waitFor(() => expect(screen.getByRole("button", { name: "Move c down" })).toHaveFocus());
    expect(sent.map(({ body }) => body)).toEqual([
      { ids: [a.id, c.id, b.id] },
      { ids: [c.id, a.id, b.id] },
    ]);
  });

  it("takes an order back that the server refuses", async () => {
    serve(aRule({ name: "a" }), aRule({ name: "b" }));
    server.use(
      http.put("/api/rules/order", () => problem(422, "validation_failed", "Not these rules.")),
    );
    const { user } = renderAt("/rules");
    await user.click(await screen.findByRole("button", { name: "Move b up" }));
    expect(await screen.findByText(/Not these rules\./)).toBeVisible();
    await waitFor(() => expect(shown()).toEqual(["a", "b"]));
  });

  it("switches a rule off with all that it says", async () => {
    const actions = { topic_ids: [taxes.id, "gone"], title: null, needs_review: false };
    const rule = aRule({ name: "Bills", actions, missing_topic_ids: ["gone"] });
    const sent = serve(rule);
    const { user } = renderAt("/rules");
    await user.click(await screen.findByRole("switch", { name: "Use the rule Bills" }));
    expect(await screen.findByText("switched off")).toBeVisible();
    const { name, condition } = rule;
    expect(sent[0]?.body).toEqual({ name, condition, actions, enabled: false });
  });

  it("marks the place of a fault under the condition", async () => {
    serve();
    const message = "mime is a text; > is for numbers. (at character 19)";
    server.use(
      http.post("/api/rules/check", () =>
        problem(422, "bad_condition", message, [
          { field: "body.condition", message, position: 18 },
        ]),
      ),
    );
    const { user } = renderAt("/rules");
    await user.click(await screen.findByRole("button", { name: "New rule" }));
    const field = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "If" });
    await user.type(field, 'title == "👩‍🚀" or mime > 3');
    expect(await screen.findByText(message)).toBeVisible();
    await waitFor(() => expect(field).toBeInvalid());
    expect(field).toHaveAccessibleDescription(expect.stringContaining(message));
    const place = screen.getByTestId("condition-place");
    expect(place.querySelector("mark")).toHaveTextContent("m");
    await user.click(screen.getByRole("button", { name: "Go to this place" }));
    expect(field).toHaveFocus();
    expect(field.value.slice(field.selectionStart, field.selectionEnd)).toBe("m");
  });

  it("shows what the server refuses at the field that it means", async () => {
    serve();
    const message = "There is no {topics}; there are {title}, {filename}, {topic}, {date}.";
    server.use(
      http.post("/api/rules", () =>
        problem(422, "validation_failed", message, [{ field: "body.actions.title", message }]),
      ),
    );
    const { user } = renderAt("/rules");
    await user.click(await screen.findByRole("button", { name: "New rule" }));
    await user.type(await screen.findByRole("textbox", { name: "Name" }), " Bills ");
    await user.type(screen.getByRole("textbox", { name: "If" }), "page_count > 3");
    expect(screen.getByRole("button", { name: "Create rule" })).toBeDisabled();
    const title = screen.getByRole("textbox", { name: "Give a title" });
    await user.type(title, "{{topics}");
    await user.click(screen.getByRole("button", { name: "Create rule" }));
    await waitFor(() => expect(title).toBeInvalid());
    expect(screen.getAllByText(message)).toHaveLength(1);
  });

  it("tries a draft on the documents that are there", async () => {
    const document = aDocument({ title: "Old bill" });
    serve();
    const bodies: unknown[] = [];
    server.use(
      http.post("/api/rules/dry-run", async ({ request }) => {
        bodies.push(await request.json());
        const changes = { topic_ids: [taxes.id], title: "Taxes 2026", needs_review: false };
        return HttpResponse.json({
          matches: 1200,
          checked: 5000,
          stopped: true,
          examples: [{ document_id: document.id, title: document.title, changes }],
        });
      }),
    );
    const { user } = renderAt("/rules");
    await user.click(await screen.findByRole("button", { name: "New rule" }));
    await user.type(await screen.findByRole("textbox", { name: "If" }), "page_count > 3");
    await user.click(screen.getByRole("combobox", { name: "Give topics" }));
    await user.click(await screen.findByRole("option", { name: "Taxes" }));
    await user.click(screen.getByRole("button", { name: "Try on my documents" }));
    expect(await screen.findByText("Holds for 1,200 of 5,000 documents.")).toBeVisible();
    expect(screen.getByText(/Only the newest documents were looked at/)).toBeVisible();
    const list = screen.getByRole("list", { name: "Documents that the rule holds for" });
    expect(within(list).getByRole("link")).toHaveAttribute("href", `/documents/${document.id}`);
    expect(within(list).getByText("Taxes")).toBeVisible();
    expect(within(list).getByText(/becomes/)).toHaveTextContent("becomes “Taxes 2026”");
    expect(bodies).toEqual([
      {
        condition: "page_count > 3",
        actions: { topic_ids: [taxes.id], title: null, needs_review: false },
      },
    ]);
  });

  it("asks before a rule is deleted", async () => {
    const sent = serve(aRule({ name: "Bills" }));
    const { user } = renderAt("/rules");
    await user.click(await screen.findByRole("button", { name: "More for Bills" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
    expect(await screen.findByRole("button", { name: "Keep it" })).toBeVisible();
    expect(sent).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Delete" }));
    expect(await screen.findByText("The rule “Bills” was deleted.")).toBeVisible();
    expect(await screen.findByText("Let rules do the routine")).toBeVisible();
  });
});
