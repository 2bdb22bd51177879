import {
  Button,
  Checkbox,
  Fieldset,
  Group,
  Modal,
  MultiSelect,
  Stack,
  TextInput,
} from "@mantine/core";
import { IconFlask } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { topicsQuery } from "@/api/queries/topics";
import type { Rule, RuleDraft } from "@/api/types";
import { notifyDone } from "@/shared/notify";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import { useSaveRule, useTryDraft } from "../queries/mutations";
import { ConditionField } from "./ConditionField";
import { BLANK, draftOf, faultOf, isComplete, remaining, trimmed } from "./draft";
import { Trial } from "./Trial";

export interface Editing {
  /** The rule to change; null makes a new one. */
  rule: Rule | null;
  /** What a new rule starts from. */
  start?: RuleDraft;
}

function Form({ rule, start = BLANK, onDone }: Editing & { onDone: () => void }) {
  const [draft, setDraft] = useState(rule ? draftOf(rule) : start);
  const topics = useQuery(topicsQuery);
  const save = useSaveRule();
  const trial = useTryDraft();
  const error = save.error ?? trial.error;
  const fault = (field: string) => faultOf(error, field)?.message;
  const complete = isComplete(draft);

  function set(changes: Partial<RuleDraft>): void {
    setDraft((before) => ({ ...before, ...changes }));
    save.reset();
    trial.reset();
  }
  const act = (changes: Partial<RuleDraft["actions"]>) =>
    set({ actions: { ...draft.actions, ...changes } });

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!complete || draft.name.trim() === "") return;
    trial.reset();
    save.mutate(
      { id: rule?.id ?? null, draft: trimmed(draft) },
      {
        onSuccess: () => {
          notifyDone(rule ? "The rule was changed." : "The rule was created.");
          onDone();
        },
      },
    );
  }
  const other = remaining(error);

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
          error={fault("body.name")}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <ConditionField
          value={draft.condition}
          refused={faultOf(error, "body.condition")}
          onChange={(condition) => set({ condition })}
        />
        <Fieldset legend="Then">
          <Stack gap="md">
            <MultiSelect
              label="Give topics"
              placeholder={draft.actions.topic_ids.length > 0 ? undefined : "No topics"}
              data={(topics.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
              value={draft.actions.topic_ids}
              onChange={(topic_ids) => act({ topic_ids })}
              searchable
              hidePickedOptions
              nothingFoundMessage="No such topic"
              error={fault("body.actions.topic_ids")}
            />
            <TextInput
              label="Give a title"
              description="May hold {title}, {filename}, {topic} and {date}. A title that you wrote stays."
              placeholder="{topic} {date}"
              maxLength={255}
              value={draft.actions.title ?? ""}
              error={fault("body.actions.title")}
              onChange={(event) => act({ title: event.currentTarget.value })}
            />
            <Checkbox
              label="Mark it as “needs review”"
              checked={draft.actions.needs_review}
              onChange={(event) => act({ needs_review: event.currentTarget.checked })}
            />
          </Stack>
        </Fieldset>
        {other && <ProblemNotice error={other} />}
        {trial.data && <Trial trial={trial.data} />}
        <Group justify="space-between">
          <Button
            variant="default"
            leftSection={<IconFlask size={16} aria-hidden />}
            loading={trial.isPending}
            disabled={!complete}
            onClick={() => {
              save.reset();
              trial.mutate(trimmed(draft));
            }}
          >
            Try on my documents
          </Button>
          <Group>
            <Button variant="default" onClick={onDone}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={save.isPending}
              disabled={!complete || draft.name.trim() === ""}
            >
              {rule ? "Save" : "Create rule"}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}

/** The dialog in which rules are made and changed; null keeps it closed. */
export function RuleForm({ editing, onDone }: { editing: Editing | null; onDone: () => void }) {
  return (
    <Modal
      opened={editing !== null}
      onClose={onDone}
      size="lg"
      title={editing?.rule ? "Change the rule" : "New rule"}
    >
      {editing && <Form {...editing} onDone={onDone} />}
    </Modal>
  );
}
