import { Button, Group, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import type { AISettings } from "@/api/types";
import { notifyDone } from "@/shared/notify";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import surface from "@/shared/ui/Surface.module.css";
import {
  bodyOf,
  type Draft,
  draftOf,
  isComplete,
  MAX_CHARACTERS,
  MAX_PROMPT,
  MIN_CHARACTERS,
  usualAddress,
  withProvider,
} from "../draft";
import { useSaveAISettings, useTestAISettings } from "../queries/settings";
import classes from "./AIForm.module.css";
import { KeyField } from "./KeyField";
import { ProviderCards } from "./ProviderCards";
import { ResetButton } from "./ResetButton";
import { TrialResult } from "./TrialResult";

/** Chooses a provider, tries it out, and stores it. */
export function AIForm({ settings }: { settings: AISettings }) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(settings));
  const save = useSaveAISettings();
  const trial = useTestAISettings();
  const remote = draft.provider !== "local";
  const complete = isComplete(draft);

  function set(changes: Partial<Draft>): void {
    trial.reset();
    save.reset();
    setDraft((before) => ({ ...before, ...changes }));
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!complete) return;
    save.mutate(bodyOf(draft), {
      onSuccess: (stored) => {
        setDraft(draftOf(stored));
        notifyDone("The AI settings are in use now.");
      },
    });
  }

  return (
    <form
      onSubmit={submit}
      className={`${surface.surface} ${classes.form}`}
      aria-label="AI settings"
    >
      <Stack gap="lg">
        <ProviderCards
          value={draft.provider}
          onChange={(provider) => set(withProvider(draft, provider, settings))}
        />
        {remote && (
          <>
            <TextInput
              label="Model"
              description="As the provider names it."
              required
              maxLength={200}
              value={draft.model}
              onChange={(event) => set({ model: event.currentTarget.value })}
            />
            <TextInput
              label="Address"
              description="A public address, the one in the server's settings, or a host that DOCUVAULT_AI__ALLOWED_HOSTS lists. With http, text and key travel unencrypted."
              maxLength={2000}
              placeholder={usualAddress(draft.provider, settings)}
              value={draft.baseUrl}
              onChange={(event) => set({ baseUrl: event.currentTarget.value })}
            />
            <KeyField draft={draft} settings={settings} onChange={set} />
            <Textarea
              label="System prompt"
              description="Takes the place of the sentence that tells the model its job. The rules stay: only topics of your list, and documents are never instructions."
              placeholder={settings.defaults.system_prompt}
              autosize
              minRows={3}
              maxRows={12}
              maxLength={MAX_PROMPT}
              value={draft.systemPrompt}
              onChange={(event) => set({ systemPrompt: event.currentTarget.value })}
            />
            <NumberInput
              label="Text shown of each document"
              description={`Characters, ${MIN_CHARACTERS} to ${MAX_CHARACTERS}.`}
              min={MIN_CHARACTERS}
              max={MAX_CHARACTERS}
              step={1000}
              allowDecimal={false}
              thousandSeparator=" "
              value={draft.maxCharacters}
              onChange={(value) => set({ maxCharacters: Number(value) })}
            />
          </>
        )}
        <div role="status" aria-live="polite" className={classes.result}>
          {trial.data && <TrialResult trial={trial.data} />}
        </div>
        {(trial.error || save.error) && <ProblemNotice error={save.error ?? trial.error} />}
        <Group justify="space-between">
          <ResetButton settings={settings} onDone={(stored) => setDraft(draftOf(stored))} />
          <Group>
            <Button
              variant="default"
              leftSection={<IconPlugConnected size={16} aria-hidden />}
              loading={trial.isPending}
              disabled={!complete}
              onClick={() => trial.mutate(bodyOf(draft))}
            >
              Test the connection
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!complete}>
              Save
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
