import { fireEvent, screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { connection } from "@/api/connection";
import { renderAt } from "@/test/renderAt";
import { server } from "@/test/server";

describe("AppLayout", () => {
  it("goes to the search box with / and to the pages with single keys, not while typing", async () => {
    const { user, router } = renderAt("/");
    const box = await screen.findByRole("searchbox");
    await user.keyboard("/");
    expect(box).toHaveFocus();
    await user.keyboard("t");
    expect(box).toHaveValue("t");
    expect(router.state.location.pathname).toBe("/");
    box.blur();
    await user.keyboard("t");
    await waitFor(() => expect(router.state.location.pathname).toBe("/topics"));
    await waitFor(() => expect(screen.getByRole("main")).toHaveFocus());
  });

  it("lets people turn the single keys off", async () => {
    const { user, router } = renderAt("/");
    await screen.findByRole("searchbox");
    await user.keyboard("?");
    await user.click(await screen.findByRole("switch", { name: /Use single-key shortcuts/ }));
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    await user.keyboard("t");
    expect(router.state.location.pathname).toBe("/");
  });

  it("takes files that are dropped anywhere", async () => {
    renderAt("/topics");
    await screen.findByRole("searchbox");
    const dataTransfer = { types: ["Files"], files: [new File([], "empty.txt")], items: [] };
    fireEvent.dragEnter(document.body, { dataTransfer });
    expect(screen.getByText("Drop to keep in your vault")).toBeVisible();
    fireEvent.drop(document.body, { dataTransfer });
    expect(screen.queryByText("Drop to keep in your vault")).toBeNull();
    expect(await screen.findByText("0 of 1 ready, 1 failed")).toBeVisible();
  });

  it("says that the server is away and goes on when it is back", async () => {
    let away = true;
    server.use(http.all("*", () => (away ? HttpResponse.error() : undefined)));
    renderAt("/");
    expect(await screen.findByText(/This page goes on by itself/)).toBeVisible();
    away = false;
    await connection.probe();
    expect(await screen.findByText("Drop your first documents here")).toBeVisible();
    expect(screen.queryByText(/This page goes on by itself/)).toBeNull();
  });

  it("has a page for addresses that lead nowhere", async () => {
    renderAt("/no/such/page");
    expect(await screen.findByRole("heading", { name: "Page not found" })).toBeVisible();
    await waitFor(() => expect(document.title).toBe("Page not found · DocuVault"));
  });
});
