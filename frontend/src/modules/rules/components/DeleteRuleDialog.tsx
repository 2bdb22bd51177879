import type { Rule } from "@/api/types";
import { notifyDone, notifyProblem } from "@/shared/notify";
import { visibleText } from "@/shared/text/visible";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
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
    <ConfirmDialog
      opened={rule !== null}
      title="Delete this rule?"
      sending={remove.isPending}
      onConfirm={confirm}
      onClose={onDone}
    >
      {rule && (
        <>
          New documents are no longer asked about{" "}
          <strong>
            <FileName name={rule.name} />
          </strong>
          . What it did to documents stays.
        </>
      )}
    </ConfirmDialog>
  );
}
