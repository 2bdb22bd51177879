import { Button, Group, Radio, Select, Stack, TextInput } from "@mantine/core";
import type { FormEvent } from "react";
import type { Mode } from "@/api/types";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import { isComplete, type ModeDraft } from "../draft";
import { MODE_WORDS, MODES } from "../naming";

const SPANS = [
  { value: "15", label: "15 minutes" },
  { value: "60", label: "1 hour" },
  { value: "480", label: "8 hours" },
  { value: "1440", label: "1 day" },
  { value: "10080", label: "1 week" },
];

interface ModeFormProps {
  draft: ModeDraft;
  overridden: boolean;
  error: unknown;
  sending: boolean;
  onChange: (changes: Partial<ModeDraft>) => void;
  onSend: () => void;
  onClose: () => void;
}

/** Which mode, why, and for how long. */
export function ModeForm(props: ModeFormProps) {
  const { draft, overridden, error, sending, onChange, onSend, onClose } = props;
  const complete = isComplete(draft);

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (complete) onSend();
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Radio.Group
          label="What is done for new documents"
          value={draft.mode}
          onChange={(mode) => onChange({ mode: mode as Mode | "automatic" })}
        >
          <Stack gap="sm" mt="xs">
            {overridden && (
              <Radio
                value="automatic"
                label="Let the vault decide again"
                description="It goes by what works."
              />
            )}
            {MODES.map((mode) => (
              <Radio
                key={mode}
                value={mode}
                label={MODE_WORDS[mode].name}
                description={MODE_WORDS[mode].meaning}
              />
            ))}
          </Stack>
        </Radio.Group>
        {draft.mode !== "automatic" && (
          <>
            <TextInput
              label="Reason"
              description="Shown to everybody on this page."
              placeholder="The provider is being moved"
              required
              maxLength={200}
              value={draft.reason}
              onChange={(event) => onChange({ reason: event.currentTarget.value })}
            />
            <Select
              label="For"
              data={SPANS}
              allowDeselect={false}
              value={String(draft.minutes)}
              onChange={(minutes) => onChange({ minutes: Number(minutes) })}
            />
          </>
        )}
        {error !== null && error !== undefined && <ProblemNotice error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={sending} disabled={!complete}>
            {draft.mode === "automatic" ? "Let the vault decide" : "Set the mode"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
