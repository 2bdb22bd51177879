import { Button, Group, Modal, Text } from "@mantine/core";
import type { Topic } from "@/api/types";
import { plural } from "@/shared/format/quantity";
import { notifyDone, notifyProblem } from "@/shared/notify";
import { visibleText } from "@/shared/text/visible";
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
    <Modal opened={topic !== null} onClose={onDone} title="Delete this topic?">
      {topic && (
        <Text size="sm">
          <strong>
            <FileName name={topic.name} />
          </strong>{" "}
          is taken off {plural(topic.doc_count, "document")}. The documents themselves stay.
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
