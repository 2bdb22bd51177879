import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it } from "vitest";
import { connection } from "@/api/connection";
import type { Status } from "@/api/types";
import { FakeEventSource } from "@/test/eventSource";
import { aPart, aStatus, aStatusOf } from "@/test/fixtures";
import { renderAt } from "@/test/renderAt";
import { problem, server } from "@/test/server";

const AWAY = aPart("vectors", {
  status: "unhealthy",
  message: "The vector index cannot be reached. Search by meaning rests.",
  works: "Exact words are found.",
});
const REDUCED: Partial<Status> = {
  mode: "heuristic",
  mode_reason: "ai_circuit is open.",
  notices: [{ code: "mode_heuristic", sentence: "The provider is left out.", works: "All else." }],
  transitions: [1, 2, 3, 4, 5, 6].map((day) => ({
    at: `2026-11-0${9 - day}T10:00:00Z`,
    from: day % 2 ? "primary" : "heuristic",
    to: day % 2 ? "heuristic" : "primary",
    reason: `Reason ${day}`,
  })),
};

function answering(status: Status) {
  server.use(http.get("/api/status", () => HttpResponse.json(status)));
}

/** Says that the status has changed, which makes the page read it again. */
function tellOfNews() {
  const stream = FakeEventSource.opened.at(-1);
  stream?.accept();
  stream?.say("status", JSON.stringify({ kind: "status", id: "1" }));
}

afterEach(() => sessionStorage.clear());

describe("StatusPage", () => {
  it("says that everything works, part by part", async () => {
    renderAt("/status");
    expect(await screen.findByText("Everything works.")).toBeVisible();
    const row = screen.getByRole("row", { name: /Search by meaning/ });
    expect(within(row).getByText("OK")).toBeVisible();
    expect(within(row).getByText("1 ms, quick")).toBeVisible();
    expect(row.querySelector("time")).toHaveAttribute("title");
    expect(screen.getByText("There were none so far.")).toBeVisible();
    expect(screen.queryByRole("link", { name: "Show the documents" })).toBeNull();
    expect(screen.getByText(/Version 1.0.0, running for 1 h 5 min\. Read/)).toBeVisible();
  });

  it("says what rests, what still works, and what waits", async () => {
    const queue = { waiting: 3, oldest_seconds: 200, running: 1, failed: 2 };
    answering(aStatusOf([aPart("database"), AWAY], { queue }));
    renderAt("/status");
    const line =
      "Search by meaning: The vector index cannot be reached. Search by meaning rests. Exact words are found.";
    expect(await screen.findByText(line)).toBeVisible();
    expect(within(screen.getByRole("table")).getByText("Does not work")).toBeVisible();
    expect(screen.getByText("3 min 20 s")).toBeVisible();
    expect(screen.getByRole("link", { name: "Show the documents" })).toHaveAttribute(
      "href",
      "/?status=failed",
    );
    // The page says it, so nothing above it does.
    expect(screen.queryByRole("button", { name: "Close this notice" })).toBeNull();
  });

  it("puts first what stops everything, and takes a part of others by its name", async () => {
    const database = aPart("database", {
      status: "unhealthy",
      critical: true,
      message: "Does not answer. Nothing can be stored.",
    });
    const alarm = aPart("datadog:disk-latency", {
      status: "degraded",
      message: "Datadog reports trouble here.",
    });
    answering(aStatusOf([AWAY, alarm, database], { queue: null }));
    renderAt("/status");
    expect(
      await screen.findByText("Database: Does not answer. Nothing can be stored. 2 more below."),
    ).toBeVisible();
    expect(screen.getByRole("row", { name: /disk-latency \(Datadog\)/ })).toHaveTextContent(
      "not asked",
    );
    expect(screen.getByText(/Cannot be told while the database does not answer/)).toBeVisible();
  });

  it("tells the mode, why it is so, until when, and how it came", async () => {
    const overridden_until = new Date(Date.now() + 7_300_000).toISOString();
    answering(aStatus({ ...REDUCED, overridden_until }));
    const { user } = renderAt("/status");
    const mode = await screen.findByRole("region", { name: "What is done for new documents" });
    expect(within(mode).getByText("Without the AI provider")).toBeVisible();
    expect(within(mode).getByText("ai_circuit is open.")).toBeVisible();
    expect(within(mode).getByText("in 2 hours")).toBeVisible();
    const history = screen.getByRole("region", { name: "Changes of the mode" });
    expect(within(history).getAllByRole("listitem")).toHaveLength(5);
    await user.click(within(history).getByRole("button", { name: "Show all 6" }));
    expect(within(history).getAllByRole("listitem")).toHaveLength(6);
    expect(within(history).getByText("Reason 6")).toBeVisible();
  });

  it("focus stolen by a refresh: nothing moves, closes or is forgotten", async () => {
    answering(aStatus(REDUCED));
    const { user } = renderAt("/status");
    await user.click(await screen.findByRole("button", { name: "Show all 6" }));
    const latest = screen.getByRole("button", { name: "Show the latest only" });
    expect(latest).toHaveFocus();
    answering(aStatusOf([aPart("database"), AWAY], { transitions: REDUCED.transitions ?? [] }));
    tellOfNews();
    expect(await screen.findByText("Does not work")).toBeVisible();
    expect(latest).toHaveFocus();
    expect(screen.getByText("Reason 6")).toBeVisible();

    await user.click(screen.getByRole("button", { name: "Set the mode by hand" }));
    const reason = await screen.findByRole("textbox", { name: "Reason" });
    await user.click(screen.getByRole("radio", { name: "Only the safe minimum" }));
    await user.type(reason, "The provider");
    answering(aStatus());
    tellOfNews();
    expect(await screen.findByText("Everything works.")).toBeInTheDocument();
    expect(reason).toHaveFocus();
    expect(reason).toHaveValue("The provider");
    expect(screen.getByRole("radio", { name: "Only the safe minimum" })).toBeChecked();
  });

  it("asks administrators for their token, then sets the mode with what was typed", async () => {
    const bodies: unknown[] = [];
    const until = new Date(Date.now() + 3_600_000).toISOString();
    let standing = aStatus();
    const isAdmin = (request: Request) => request.headers.get("Authorization") === "Bearer right";
    const refused = () => problem(401, "admin_required", "This needs the administrator's token.");
    const change = (mode: Status["mode"], overridden_until: string | null) => {
      standing = { ...standing, mode, overridden_until };
      return HttpResponse.json({
        mode,
        mode_reason: "Moving",
        mode_since: "2026-11-20T10:00:00Z",
        overridden_until,
      });
    };
    server.use(
      http.get("/api/status", () => HttpResponse.json(standing)),
      http.get("/api/admin/session", ({ request }) =>
        isAdmin(request) ? new HttpResponse(null, { status: 204 }) : refused(),
      ),
      http.put("/api/status/mode", async ({ request }) => {
        if (!isAdmin(request)) return refused();
        bodies.push(await request.json());
        return change("safe", until);
      }),
      http.delete("/api/status/mode", () => change("primary", null)),
    );
    const { user } = renderAt("/status");
    const open = await screen.findByRole("button", { name: "Set the mode by hand" });
    await user.click(open);
    await user.click(await screen.findByRole("radio", { name: "Only the safe minimum" }));
    expect(screen.getByRole("button", { name: "Set the mode" })).toBeDisabled();
    await user.type(screen.getByRole("textbox", { name: "Reason" }), " Moving ");
    await user.click(screen.getByRole("button", { name: "Set the mode" }));
    const token = await screen.findByLabelText(/Administrator's token/);
    await waitFor(() => expect(token).toHaveFocus());
    await user.type(token, "right{Enter}");
    expect(await screen.findByText("The mode is in force now.")).toBeVisible();
    expect(bodies).toEqual([{ mode: "safe", reason: "Moving", minutes: 60 }]);
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    await waitFor(() => expect(open).toHaveFocus());

    expect(await screen.findByText("Set by hand")).toBeVisible();
    await user.click(open);
    await user.click(await screen.findByRole("radio", { name: "Let the vault decide again" }));
    await user.click(screen.getByRole("button", { name: "Let the vault decide" }));
    expect(await screen.findByText("The vault decides the mode again.")).toBeVisible();
    await waitFor(() => expect(screen.queryByText("Set by hand")).toBeNull());
  });

  it("keeps what it knows while the server is away, and says so", async () => {
    let away = false;
    server.use(http.all("*", () => (away ? HttpResponse.error() : undefined)));
    renderAt("/status");
    expect(await screen.findByText("Everything works.")).toBeVisible();
    away = true;
    tellOfNews();
    expect(await screen.findByText(/nothing newer could be read since/)).toBeVisible();
    expect(screen.getByText("Everything works.")).toBeVisible();
    expect(screen.getByText(/DocuVault cannot be reached just now/)).toBeVisible();
    away = false;
    await connection.probe();
    await waitFor(() => expect(screen.queryByText(/nothing newer could be read/)).toBeNull());
  });

  it("says in the server's sentence why there is nothing to show", async () => {
    server.use(http.get("/api/status", () => problem(400, "odd", "This was not understood.")));
    renderAt("/status");
    expect(await screen.findByRole("alert")).toHaveTextContent("This was not understood.");
  });
});
