import { Button, Group, Modal, Text } from "@mantine/core";
import { notifyDone, notifyProblem } from "@/shared/notify";
import { visibleText } from "@/shared/text/visible";
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
    <Modal opened={opened} onClose={onClose} title="Delete this document?">
      <Text size="sm">
        <strong>
          <FileName name={document.title} />
        </strong>{" "}
        will leave the vault with its file, its text and its topics. This cannot be undone.
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button color="red.8" loading={remove.isPending} onClick={confirm}>
          Delete
        </Button>
      </Group>
    </Modal>
  );
}
