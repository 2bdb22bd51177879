import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Status } from "@/api/types";
import { Ago } from "@/shared/ui/Ago";
import facts from "@/shared/ui/Facts.module.css";
import { Section } from "@/shared/ui/Section";
import { MODE_WORDS } from "../naming";
import { ModeDialog } from "./ModeDialog";
import classes from "./ModeSection.module.css";

/** How much is done for new documents, why, and since when. */
export function ModeSection({ status }: { status: Status }) {
  const [opened, dialog] = useDisclosure(false);
  const { name, meaning } = MODE_WORDS[status.mode];
  return (
    <Section
      title="What is done for new documents"
      action={
        <Button variant="default" size="xs" onClick={dialog.open}>
          Set the mode by hand
        </Button>
      }
    >
      <p className={classes.mode}>
        <strong>{name}</strong> <code className={classes.code}>{status.mode}</code>
      </p>
      <p className={classes.meaning}>{meaning}</p>
      <dl className={facts.facts}>
        <dt>Reason</dt>
        <dd>{status.mode_reason}</dd>
        <dt>Since</dt>
        <dd>
          <Ago at={status.mode_since} />
        </dd>
        {status.overridden_until && (
          <>
            <dt>Set by hand</dt>
            <dd>
              ends <Ago at={status.overridden_until} />, then the vault decides again
            </dd>
          </>
        )}
      </dl>
      <ModeDialog opened={opened} status={status} onClose={dialog.close} />
    </Section>
  );
}
