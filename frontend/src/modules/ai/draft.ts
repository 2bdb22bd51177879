import type { AIDraft, AISettings } from "@/api/types";

export type Provider = AISettings["provider"];

export const MAX_PROMPT = 4000;
export const MIN_CHARACTERS = 200;
export const MAX_CHARACTERS = 100_000;

/** What the form holds; `newKey` never comes from the server. */
export interface Draft {
  provider: Provider;
  model: string;
  baseUrl: string;
  systemPrompt: string;
  maxCharacters: number;
  newKey: string;
  forgetKey: boolean;
}

export function draftOf(settings: AISettings): Draft {
  return {
    provider: settings.provider,
    model: settings.model,
    baseUrl: settings.base_url,
    systemPrompt: settings.system_prompt,
    maxCharacters: settings.max_characters,
    newKey: "",
    forgetKey: false,
  };
}

/** The draft for another provider: model and address of the one before mean nothing to it. */
export function withProvider(draft: Draft, provider: Provider, settings: AISettings): Draft {
  const own = provider === settings.provider;
  return {
    ...draft,
    provider,
    model: own ? settings.model : "",
    baseUrl: own ? settings.base_url : usualAddress(provider, settings),
    newKey: "",
    forgetKey: false,
  };
}

export function usualAddress(provider: Provider, { defaults }: AISettings): string {
  switch (provider) {
    case "anthropic":
      return defaults.anthropic_base_url;
    case "openai":
      return defaults.openai_base_url;
    case "ollama":
      return defaults.ollama_base_url;
    default:
      return "";
  }
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}

/** Whether the kept key is still used, which is so for the same provider at the same host. */
export function keyStays(draft: Draft, settings: AISettings): boolean {
  if (settings.key_source !== "stored" || draft.forgetKey) return false;
  const url = draft.baseUrl.trim() || usualAddress(draft.provider, settings);
  const origin = originOf(url);
  return (
    draft.provider === settings.provider &&
    origin !== null &&
    origin === originOf(settings.base_url)
  );
}

/** What is sent; without `api_key` the server keeps the key where it may. */
export function bodyOf(draft: Draft): AIDraft {
  const key = draft.newKey.trim();
  return {
    provider: draft.provider,
    model: draft.model.trim(),
    base_url: draft.baseUrl.trim(),
    system_prompt: draft.systemPrompt.trim(),
    max_characters: draft.maxCharacters,
    ...(key !== "" && { api_key: key }),
    ...(key === "" && draft.forgetKey && { api_key: null }),
  };
}

/** Whether the server would find everything that it needs. */
export function isComplete(draft: Draft): boolean {
  const cap = draft.maxCharacters;
  const capFits = Number.isInteger(cap) && cap >= MIN_CHARACTERS && cap <= MAX_CHARACTERS;
  return capFits && (draft.provider === "local" || draft.model.trim() !== "");
}
