import { describe, expect, it } from "vitest";
import { aiSettings } from "@/test/fixtures";
import { bodyOf, draftOf, isComplete, keyStays, withProvider } from "./draft";

const stored = aiSettings({
  source: "stored",
  provider: "openai",
  model: "m",
  base_url: "https://models.example.org/v1",
  has_key: true,
  key_source: "stored",
});

describe("draft", () => {
  it("sends no key unless one was typed or is to be forgotten", () => {
    const draft = draftOf(stored);
    expect(bodyOf(draft)).toEqual({
      provider: "openai",
      model: "m",
      base_url: stored.base_url,
      system_prompt: "",
      max_characters: 8000,
    });
    expect(bodyOf({ ...draft, newKey: " typed " }).api_key).toBe("typed");
    expect(bodyOf({ ...draft, forgetKey: true }).api_key).toBeNull();
  });

  it("knows to which host the kept key belongs", () => {
    const draft = draftOf(stored);
    expect(keyStays(draft, stored)).toBe(true);
    expect(keyStays({ ...draft, baseUrl: `${stored.base_url}/other` }, stored)).toBe(true);
    const elsewhere = stored.base_url.replace("models", "other");
    expect(keyStays({ ...draft, baseUrl: elsewhere }, stored)).toBe(false);
    expect(keyStays({ ...draft, baseUrl: "no address" }, stored)).toBe(false);
    expect(keyStays({ ...draft, provider: "ollama" }, stored)).toBe(false);
    expect(keyStays({ ...draft, forgetKey: true }, stored)).toBe(false);
  });

  it("takes nothing along to another provider, and finds it again", () => {
    const there = withProvider({ ...draftOf(stored), newKey: "typed" }, "ollama", stored);
    expect(there).toMatchObject({
      model: "",
      newKey: "",
      baseUrl: stored.defaults.ollama_base_url,
    });
    expect(withProvider(there, "openai", stored)).toEqual(draftOf(stored));
  });

  it("needs a model unless it is local, and a cap within its range", () => {
    const draft = draftOf(stored);
    expect(isComplete(draft)).toBe(true);
    expect(isComplete({ ...draft, model: " " })).toBe(false);
    expect(isComplete({ ...draft, model: "", provider: "local" })).toBe(true);
    for (const maxCharacters of [199, 100_001, Number.NaN, 300.5]) {
      expect(isComplete({ ...draft, maxCharacters })).toBe(false);
    }
  });
});
