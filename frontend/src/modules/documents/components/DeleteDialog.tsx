import { notifyDone, notifyProblem } from "@/shared/notify";
import { visibleText } from "@/shared/text/visible";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { FileName } from "@/shared/ui/FileName";
import { useDeleteDocument } from "../queries/mutations";

interface DeleteDialogProps {
  document: { id: string; title: string };
  opened: boolean;
  onClose: () => void;
  onDeleted?: () => void;
}

/** Asks before a document goes. */
export function DeleteDialog({ document, opened, onClose, onDeleted }: DeleteDialogProps) {
  const remove = useDeleteDocument();
  const confirm = () =>
    remove.mutate(document.id, {
      onSuccess: () => {
        notifyDone(`“${visibleText(document.title)}” was deleted.`);
        onClose();
        onDeleted?.();
      },
      onError: (error) => notifyProblem(error, "The document was not deleted"),
    });
  return (
    <ConfirmDialog
      opened={opened}
      title="Delete this document?"
      sending={remove.isPending}
      onConfirm={confirm}
      onClose={onClose}
    >
      <strong>
        <FileName name={document.title} />
      </strong>{" "}
      will leave the vault with its file, its text and its topics. This cannot be undone.
    </ConfirmDialog>
  );
}
