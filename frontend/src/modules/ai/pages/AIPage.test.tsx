import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it } from "vitest";
import { aiSettings } from "@/test/fixtures";
import { renderAt } from "@/test/renderAt";
import { problem, server } from "@/test/server";

const STORED = aiSettings({
  source: "stored",
  provider: "openai",
  model: "gpt-small",
  base_url: "https://models.example.org/v1",
  host: "models.example.org",
  has_key: true,
  key_source: "stored",
  text_leaves_the_vault: true,
});

function answering(settings = aiSettings()) {
  server.use(http.get("/api/ai/settings", () => HttpResponse.json(settings)));
}

afterEach(() => sessionStorage.clear());

describe("AIPage", () => {
  it("says that no text leaves the vault", async () => {
    answering();
    renderAt("/settings/ai");
    expect(await screen.findByText(/No text leaves the vault/)).toBeVisible();
    expect(screen.getByRole("radio", { name: "Local" })).toBeChecked();
    expect(screen.queryByLabelText("API key")).not.toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Back to the server's settings" })).toBeDisabled();
  });

  it("says where text goes, that a key is kept, and never shows one", async () => {
    answering(STORED);
    renderAt("/settings/ai");
    const panel = await screen.findByRole("region", { name: "In use now" });
    expect(within(panel).getByText(/Text leaves the vault/)).toBeVisible();
    expect(within(panel).getByText("models.example.org")).toBeVisible();
    expect(within(panel).getByText("A key is kept")).toBeVisible();
    expect(screen.getByLabelText("API key")).toHaveValue("");
  });

  it("says why nobody can be asked", async () => {
    answering({
      ...STORED,
      in_force: false,
      has_key: false,
      key_source: "unreadable",
      problem: "The kept API key can no longer be read.",
    });
    renderAt("/settings/ai");
    expect(await screen.findByText("Nobody can be asked.")).toBeVisible();
  });

  it("stores a provider with its key, once", async () => {
    answering();
    const bodies: unknown[] = [];
    server.use(
      http.put("/api/ai/settings", async ({ request }) => {
        bodies.push(await request.json());
        return HttpResponse.json(STORED);
      }),
    );
    const { user } = renderAt("/settings/ai");
    await user.click(await screen.findByRole("radio", { name: "OpenAI or compatible" }));
    expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
    await user.type(screen.getByRole("textbox", { name: "Model" }), "gpt-small");
    await user.clear(screen.getByRole("textbox", { name: "Address" }));
    await user.type(
      screen.getByRole("textbox", { name: "Address" }),
      "https://models.example.org/v1",
    );
    await user.type(screen.getByLabelText("API key"), "typed-key");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("The AI settings are in use now.")).toBeVisible();
    expect(bodies).toEqual([
      {
        provider: "openai",
        model: "gpt-small",
        base_url: "https://models.example.org/v1",
        system_prompt: "",
        max_characters: 8000,
        api_key: "typed-key",
      },
    ]);
    expect(screen.getByLabelText("API key")).toHaveValue("");
    expect(screen.getByText(/A key is kept. Leave this empty/)).toBeVisible();
  });

  it("warns before another host makes the key go, and can forget it", async () => {
    answering(STORED);
    const { user } = renderAt("/settings/ai");
    const address = await screen.findByRole("textbox", { name: "Address" });
    await user.type(address, "/more");
    expect(screen.getByText(/A key is kept. Leave this empty/)).toBeVisible();
    await user.clear(address);
    await user.type(address, "https://other.example.org");
    expect(screen.getByText(/belongs to another host and will be forgotten/)).toBeVisible();
    await user.clear(address);
    await user.type(address, STORED.base_url);
    await user.click(screen.getByRole("checkbox", { name: "Forget the kept key" }));
    expect(screen.getByText("The kept key will be forgotten.")).toBeVisible();
  });

  it("tests what is in the form and tells the result or the refusal", async () => {
    answering(STORED);
    const answers = [
      HttpResponse.json({ ok: true, sentence: "It works.", latency_ms: 12.3 }),
      problem(422, "url_not_allowed", "The address leads into an internal network."),
    ];
    server.use(http.post("/api/ai/test", () => answers.shift()));
    const { user } = renderAt("/settings/ai");
    const button = await screen.findByRole("button", { name: "Test the connection" });
    await user.click(button);
    expect(await screen.findByText(/It works\./)).toBeVisible();
    await user.click(button);
    expect(await screen.findByText("The address leads into an internal network.")).toBeVisible();
    expect(screen.queryByText(/It works\./)).not.toBeInTheDocument();
  });

  it("goes back to the settings of the server after a question", async () => {
    answering(STORED);
    server.use(http.delete("/api/ai/settings", () => HttpResponse.json(aiSettings())));
    const { user } = renderAt("/settings/ai");
    await user.click(await screen.findByRole("button", { name: "Back to the server's settings" }));
    await user.click(await screen.findByRole("button", { name: "Forget them" }));
    expect(await screen.findByText(/No text leaves the vault/)).toBeVisible();
    await waitFor(() => expect(screen.getByRole("radio", { name: "Local" })).toBeChecked());
  });
});
