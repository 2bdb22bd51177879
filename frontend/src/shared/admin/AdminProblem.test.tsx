import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it } from "vitest";
import { adminToken } from "@/api/admin";
import { aiSettings } from "@/test/fixtures";
import { renderAt } from "@/test/renderAt";
import { problem, server } from "@/test/server";

const TOKEN = "token-of-the-tests";
const refused = () => problem(401, "admin_required", "This needs the administrator's token.");

function isAdmin(request: Request): boolean {
  return request.headers.get("Authorization") === `Bearer ${TOKEN}`;
}

function guarded() {
  server.use(
    http.get("/api/ai/settings", ({ request }) =>
      isAdmin(request) ? HttpResponse.json(aiSettings()) : refused(),
    ),
    http.get("/api/admin/session", ({ request }) =>
      isAdmin(request) ? new HttpResponse(null, { status: 204 }) : refused(),
    ),
  );
}

afterEach(() => sessionStorage.clear());

describe("AdminProblem", () => {
  it("asks for the token, refuses a wrong one and opens the page with the right one", async () => {
    guarded();
    const { user } = renderAt("/settings/ai");
    const field = await screen.findByLabelText(/Administrator's token/);
    expect(screen.getByText(/This needs the administrator's token/)).toBeVisible();
    await user.type(field, "wrong");
    await user.click(screen.getByRole("button", { name: "Open" }));
    expect(await screen.findByText("This is not the administrator's token.")).toBeVisible();
    expect(adminToken.read()).toBeNull();
    await user.clear(field);
    await user.type(field, TOKEN);
    await user.click(screen.getByRole("button", { name: "Open" }));
    expect(await screen.findByText(/No text leaves the vault/)).toBeVisible();
    expect(JSON.stringify(localStorage)).not.toContain(TOKEN);
  });

  it("says what no token can hold without asking anybody", async () => {
    guarded();
    const { user } = renderAt("/settings/ai");
    await user.type(await screen.findByLabelText(/Administrator's token/), "with space");
    expect(screen.getByText(/no spaces or accents/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Open" })).toBeDisabled();
  });

  it("passes the server's sentence on when there were too many tries", async () => {
    guarded();
    server.use(
      http.get("/api/admin/session", () => problem(429, "too_many_requests", "Wait a little.")),
    );
    const { user } = renderAt("/settings/ai");
    await user.type(await screen.findByLabelText(/Administrator's token/), "wrong");
    await user.click(screen.getByRole("button", { name: "Open" }));
    expect(await screen.findByText("Wait a little.")).toBeVisible();
  });

  it("forgets a kept token that is refused", async () => {
    guarded();
    sessionStorage.setItem("docuvault-admin-token", "of-yesterday");
    renderAt("/settings/ai");
    expect(await screen.findByLabelText(/Administrator's token/)).toBeVisible();
    expect(adminToken.read()).toBeNull();
  });
});
