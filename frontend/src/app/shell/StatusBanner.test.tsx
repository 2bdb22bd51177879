import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it } from "vitest";
import { connection } from "@/api/connection";
import { keys } from "@/api/keys";
import type { Status } from "@/api/types";
import { FakeEventSource } from "@/test/eventSource";
import { aPart, aStatus, aStatusOf } from "@/test/fixtures";
import { renderAt } from "@/test/renderAt";
import { server } from "@/test/server";

const VECTORS = aPart("vectors", {
  status: "unhealthy",
  message: "Does not answer. Search by meaning rests.",
  works: "Exact words are found.",
});
const DISK = aPart("disk", { status: "degraded", message: "Only 1.5 GB are free." });
const SENTENCE = /Search by meaning: Does not answer/;

function answering(status: Status) {
  server.use(http.get("/api/status", () => HttpResponse.json(status)));
}

/** The status has changed; done when the page knows. */
async function change({ queries }: ReturnType<typeof renderAt>, status: Status) {
  answering(status);
  const stream = FakeEventSource.opened.at(-1);
  stream?.accept();
  stream?.say("status", JSON.stringify({ kind: "status", id: "1" }));
  await waitFor(() => expect(queries.getQueryData(keys.status)).toEqual(status));
}

afterEach(() => sessionStorage.clear());

describe("StatusBanner", () => {
  it("says on any page what rests and what works, and leads to the status", async () => {
    answering(aStatusOf([DISK, VECTORS]));
    const { user, router } = renderAt("/topics");
    expect(await screen.findByText(SENTENCE)).toBeVisible();
    expect(screen.queryByText(/Only 1.5 GB/)).toBeNull();
    await user.click(screen.getByRole("link", { name: "Status, 1 more" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/status"));
    await waitFor(() =>
      expect(screen.queryByRole("button", { name: "Close this notice" })).toBeNull(),
    );
  });

  it("stays closed until something changes, and keeps the focus in the page", async () => {
    answering(aStatusOf([VECTORS]));
    const view = renderAt("/topics");
    await view.user.click(await screen.findByRole("button", { name: "Close this notice" }));
    expect(screen.queryByText(SENTENCE)).toBeNull();
    expect(screen.getByRole("main")).toHaveFocus();
    await change(view, aStatusOf([{ ...VECTORS, message: "Has not answered for long." }]));
    expect(screen.queryByText(/Has not answered for long/)).toBeNull();
    await change(view, aStatusOf([VECTORS, DISK]));
    expect(await screen.findByText(/Only 1.5 GB/)).toBeVisible();
    await change(view, aStatus());
    await waitFor(() => expect(screen.queryByText(/Only 1.5 GB/)).toBeNull());
    await change(view, aStatusOf([VECTORS]));
    expect(await screen.findByText(SENTENCE)).toBeVisible();
  });

  it("says nothing of what the search says of its results", async () => {
    answering(aStatusOf([VECTORS]));
    server.use(
      http.get("/api/search", () => HttpResponse.json({ hits: [], degraded: ["meaning"] })),
    );
    renderAt("/search?q=rent");
    expect(await screen.findByText(/Searching by meaning does not work/)).toBeVisible();
    expect(screen.queryByText(SENTENCE)).toBeNull();
  });

  it("leaves it to the other notice while the server is away", async () => {
    let away = false;
    answering(aStatusOf([VECTORS]));
    server.use(http.all("*", () => (away ? HttpResponse.error() : undefined)));
    renderAt("/topics");
    expect(await screen.findByText(SENTENCE)).toBeVisible();
    away = true;
    await connection.probe();
    expect(await screen.findByText(/DocuVault cannot be reached just now/)).toBeVisible();
    expect(screen.queryByText(SENTENCE)).toBeNull();
    away = false;
    await connection.probe();
    expect(await screen.findByText(SENTENCE)).toBeVisible();
  });

  it("waits until nobody types in the page, and goes only when nobody stands on it", async () => {
    answering(aStatus());
    const view = renderAt("/?status=failed");
    const field = await screen.findByRole("textbox", { name: "Filter by name" });
    field.focus();
    await change(view, aStatusOf([VECTORS]));
    expect(screen.queryByText(SENTENCE)).toBeNull();
    expect(field).toHaveFocus();
    field.blur();
    expect(await screen.findByText(SENTENCE)).toBeVisible();
    const button = screen.getByRole("button", { name: "Close this notice" });
    button.focus();
    await change(view, aStatus());
    expect(button).toHaveFocus();
    button.blur();
    await waitFor(() => expect(screen.queryByText(SENTENCE)).toBeNull());
  });
});
