import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { FakeEventSource } from "@/test/eventSource";
import { aTopic } from "@/test/fixtures";
import { renderAt } from "@/test/renderAt";
import { problem, server } from "@/test/server";

describe("TopicsPage", () => {
  it("lists topics with their documents and says that a sentence helps", async () => {
    const topic = aTopic({ name: "Invoices", description: "Bills to pay.", doc_count: 7 });
    server.use(http.get("/api/topics", () => HttpResponse.json({ topics: [topic] })));
    renderAt("/topics");
    expect(await screen.findByRole("heading", { name: "Invoices" })).toBeVisible();
    expect(screen.getByText("Bills to pay.")).toBeVisible();
    expect(screen.getByText(/describing sentence is found far more reliably/)).toBeVisible();
    expect(screen.getByRole("link", { name: "7 documents about Invoices" })).toHaveAttribute(
      "href",
      `/?topic=${topic.id}`,
    );
  });

  it("creates a topic, and shows the server's sentence when the name is taken", async () => {
    const bodies: unknown[] = [];
    server.use(
      http.post("/api/topics", async ({ request }) => {
        bodies.push(await request.json());
        return bodies.length === 1
          ? problem(409, "topic_exists", "A topic with this name already exists.")
          : HttpResponse.json(aTopic(), { status: 201 });
      }),
    );
    const { user } = renderAt("/topics");
    await user.click(await screen.findByRole("button", { name: "New topic" }));
    await user.type(await screen.findByRole("textbox", { name: "Name" }), " Health ");
    await user.type(screen.getByRole("textbox", { name: /Description/ }), "Letters from doctors.");
    await user.click(screen.getByRole("button", { name: "Create topic" }));
    expect(await screen.findByText("A topic with this name already exists.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Create topic" }));
    expect(await screen.findByText("The topic was created.")).toBeVisible();
    expect(bodies[1]).toEqual({
      name: "Health",
      description: "Letters from doctors.",
      color: "#6366f1",
    });
  });

  it("focus stolen by a refresh: goes on with what is being typed", async () => {
    const before = aTopic({ name: "Invoices" });
    let topics = [before];
    server.use(http.get("/api/topics", () => HttpResponse.json({ topics })));
    const { user } = renderAt("/topics");
    await user.click(await screen.findByRole("button", { name: "New topic" }));
    const name = await screen.findByRole("textbox", { name: "Name" });
    await user.type(name, "Hea");
    topics = [aTopic({ name: "Contracts" }), { ...before, doc_count: 3 }];
    const stream = FakeEventSource.opened.at(-1);
    stream?.accept();
    stream?.say("topic", JSON.stringify({ kind: "topic", id: before.id }));
    expect(await screen.findByText("Contracts")).toBeInTheDocument();
    expect(name).toHaveFocus();
    await user.keyboard("lth");
    await waitFor(() => expect(name).toHaveValue("Health"));
  });
});
