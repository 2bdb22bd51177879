import { Button, Group, Modal, Text } from "@mantine/core";
import type { Rule } from "@/api/types";
import { notifyDone, notifyProblem } from "@/shared/notify";
import { visibleText } from "@/shared/text/visible";
import { FileName } from "@/shared/ui/FileName";
import { useDeleteRule } from "../queries/mutations";

/** Asks before a rule goes; null keeps the dialog closed. */
export function DeleteRuleDialog({ rule, onDone }: { rule: Rule | null; onDone: () => void }) {
  const remove = useDeleteRule();
  const confirm = () =>
    rule &&
    remove.mutate(rule.id, {
      onSuccess: () => {
        notifyDone(`The rule “${visibleText(rule.name)}” was deleted.`);
        onDone();
      },
      onError: (error) => notifyProblem(error, "The rule was not deleted"),
    });
  return (
    <Modal opened={rule !== null} onClose={onDone} title="Delete this rule?">
      {rule && (
        <Text size="sm">
          New documents are no longer asked about{" "}
          <strong>
            <FileName name={rule.name} />
          </strong>
          . What it did to documents stays.
        </Text>
      )}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onDone} data-autofocus>
          Keep it
        </Button>
        <Button color="red.8" loading={remove.isPending} onClick={confirm}>
          Delete
        </Button>
      </Group>
    </Modal>
  );
}
