import { ActionIcon, Button, TextInput, Title } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { type FormEvent, useRef, useState } from "react";
import { asProblem } from "@/api/problem";
import type { DocumentDetail } from "@/api/types";
import { FileName } from "@/shared/ui/FileName";
import { useUpdateDocument } from "../queries/mutations";
import classes from "./EditableTitle.module.css";

const LONGEST = 255;

/** The title of a document, changed in place. */
export function EditableTitle({ document }: { document: DocumentDetail }) {
  const [draft, setDraft] = useState<string | null>(null);
  const editButton = useRef<HTMLButtonElement>(null);
  const update = useUpdateDocument(document.id);

  function leave(): void {
    setDraft(null);
    update.reset();
    // The field that had the focus is gone; the button that opened it takes it back.
    requestAnimationFrame(() => editButton.current?.focus());
  }

  function save(event: FormEvent): void {
    event.preventDefault();
    const title = (draft ?? "").trim();
    if (title && title !== document.title) update.mutate({ title }, { onSuccess: leave });
    else leave();
  }

  if (draft === null) {
    return (
      <div className={classes.line}>
        <Title order={1} className={classes.title}>
          <FileName name={document.title} />
        </Title>
        <ActionIcon
          ref={editButton}
          variant="subtle"
          color="gray"
          aria-label="Change the title"
          onClick={() => setDraft(document.title)}
        >
          <IconPencil size={18} aria-hidden />
        </ActionIcon>
      </div>
    );
  }
  return (
    <form className={classes.form} onSubmit={save}>
      <TextInput
        className={classes.field}
        aria-label="Title"
        value={draft}
        maxLength={LONGEST}
        data-autofocus
        autoFocus
        error={update.error ? asProblem(update.error).message : undefined}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onFocus={(event) => event.currentTarget.select()}
        onKeyDown={(event) => event.key === "Escape" && leave()}
      />
      <Button type="submit" loading={update.isPending} disabled={!draft.trim()}>
        Save
      </Button>
      <Button variant="default" onClick={leave}>
        Cancel
      </Button>
    </form>
  );
}
