import { Button, ColorInput, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Topic } from "@/api/types";
import { notifyDone } from "@/shared/notify";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import { TopicPill } from "@/shared/ui/TopicPill";
import { type TopicDraft, useSaveTopic } from "../queries/mutations";

const SWATCHES = [
  "#6366f1",
  "#0ea5e9",
  "#14b8a6",
  "#22c55e",
  "#eab308",
  "#f97316",
  "#ef4444",
  "#ec4899",
  "#a855f7",
  "#64748b",
];
const HEX = /^#[0-9a-f]{6}$/i;

interface TopicFormProps {
  /** The topic to change; null makes a new one. */
  topic: Topic | null;
  /** A colour that other topics do not have yet. */
  freshColor?: string | undefined;
  onDone: () => void;
}

function Form({ topic, freshColor, onDone }: TopicFormProps) {
  const [draft, setDraft] = useState<TopicDraft>({
    name: topic?.name ?? "",
    description: topic?.description ?? "",
    color: topic?.color ?? freshColor ?? "#6366f1",
  });
  const save = useSaveTopic(topic);
  const set = (changes: Partial<TopicDraft>) => setDraft((before) => ({ ...before, ...changes }));
  const valid = draft.name.trim() !== "" && HEX.test(draft.color);

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!valid) return;
    save.mutate(
      { ...draft, name: draft.name.trim(), description: draft.description.trim() },
      {
        onSuccess: () => {
          notifyDone(topic ? "The topic was changed." : "The topic was created.");
          onDone();
        },
      },
    );
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label="Name"
          placeholder="Invoices"
          required
          maxLength={100}
          data-autofocus
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <Textarea
          label="Description"
          description="One sentence on what belongs here. It makes automatic topics far better."
          placeholder="Bills from suppliers with an amount to pay and a due date."
          autosize
          minRows={3}
          maxRows={8}
          maxLength={2000}
          value={draft.description}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
        <ColorInput
          label="Colour"
          format="hex"
          swatches={SWATCHES}
          swatchesPerRow={10}
          value={draft.color}
          onChange={(color) => set({ color })}
          error={HEX.test(draft.color) ? undefined : "A colour such as #6366f1"}
          eyeDropperButtonProps={{ "aria-label": "Pick a colour from the screen" }}
        />
        {draft.name.trim() && (
          <div>
            <TopicPill name={draft.name} color={HEX.test(draft.color) ? draft.color : "#64748b"} />
          </div>
        )}
        {save.error && <ProblemNotice error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending} disabled={!valid}>
            {topic ? "Save" : "Create topic"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The dialog in which topics are made and changed. */
export function TopicForm({ opened, ...props }: TopicFormProps & { opened: boolean }) {
  return (
    <Modal
      opened={opened}
      onClose={props.onDone}
      title={props.topic ? "Change the topic" : "New topic"}
    >
      <Form {...props} />
    </Modal>
  );
}

/** The first colour of the palette that is not taken. */
export function freshColor(taken: readonly string[]): string | undefined {
  return SWATCHES.find((color) => !taken.includes(color.toLowerCase()));
}
