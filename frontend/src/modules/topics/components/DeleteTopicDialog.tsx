import type { Topic } from "@/api/types";
import { plural } from "@/shared/format/quantity";
import { notifyDone, notifyProblem } from "@/shared/notify";
import { visibleText } from "@/shared/text/visible";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { FileName } from "@/shared/ui/FileName";
import { useDeleteTopic } from "../queries/mutations";

/** Asks before a topic goes; null keeps the dialog closed. */
export function DeleteTopicDialog({ topic, onDone }: { topic: Topic | null; onDone: () => void }) {
  const remove = useDeleteTopic();
  const confirm = () =>
    topic &&
    remove.mutate(topic.id, {
      onSuccess: () => {
        notifyDone(`The topic “${visibleText(topic.name)}” was deleted.`);
        onDone();
      },
      onError: (error) => notifyProblem(error, "The topic was not deleted"),
    });
  return (
    <ConfirmDialog
      opened={topic !== null}
      title="Delete this topic?"
      sending={remove.isPending}
      onConfirm={confirm}
      onClose={onDone}
    >
      {topic && (
        <>
          <strong>
            <FileName name={topic.name} />
          </strong>{" "}
          is taken off {plural(topic.doc_count, "document")}. The documents themselves stay.
        </>
      )}
    </ConfirmDialog>
  );
}
