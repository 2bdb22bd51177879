import { Checkbox, PasswordInput, Stack } from "@mantine/core";
import type { AISettings } from "@/api/types";
import { type Draft, keyStays } from "../draft";

interface KeyFieldProps {
  draft: Draft;
  settings: AISettings;
  onChange: (changes: Partial<Draft>) => void;
}

function noteOf(draft: Draft, settings: AISettings): string {
  if (settings.key_source === "unreadable") {
    return "The kept key can no longer be read. Enter it again.";
  }
  if (settings.key_source === "stored") {
    if (draft.forgetKey) return "The kept key will be forgotten.";
    return keyStays(draft, settings)
      ? "A key is kept. Leave this empty to go on with it."
      : "The kept key belongs to another host and will be forgotten.";
  }
  return draft.provider === "anthropic"
    ? "It is kept encrypted and never shown again."
    : "Servers of your own often need none. It is kept encrypted and never shown again.";
}

/** The key, which goes in and never comes out. */
export function KeyField({ draft, settings, onChange }: KeyFieldProps) {
  return (
    <Stack gap="xs">
      <PasswordInput
        label="API key"
        description={noteOf(draft, settings)}
        autoComplete="off"
        maxLength={500}
        value={draft.newKey}
        onChange={(event) => onChange({ newKey: event.currentTarget.value, forgetKey: false })}
        visibilityToggleButtonProps={{ "aria-label": "Show what I typed" }}
      />
      {(draft.forgetKey || keyStays(draft, settings)) && draft.newKey === "" && (
        <Checkbox
          label="Forget the kept key"
          checked={draft.forgetKey}
          onChange={(event) => onChange({ forgetKey: event.currentTarget.checked })}
        />
      )}
    </Stack>
  );
}
