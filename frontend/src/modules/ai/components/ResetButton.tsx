import { Button, Group, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { AISettings } from "@/api/types";
import { notifyDone, notifyProblem } from "@/shared/notify";
import { useResetAISettings } from "../queries/settings";

interface ResetButtonProps {
  settings: AISettings;
  onDone: (settings: AISettings) => void;
}

/** Gives the choice back to the environment, after a question. */
export function ResetButton({ settings, onDone }: ResetButtonProps) {
  const [opened, dialog] = useDisclosure(false);
  const reset = useResetAISettings();
  const confirm = () =>
    reset.mutate(undefined, {
      onSuccess: (standing) => {
        dialog.close();
        notifyDone("The settings of the environment are in force again.");
        onDone(standing);
      },
      onError: (error) => notifyProblem(error, "The settings were not given back"),
    });
  return (
    <>
      <Button variant="subtle" disabled={settings.source === "environment"} onClick={dialog.open}>
        Back to the environment
      </Button>
      <Modal opened={opened} onClose={dialog.close} title="Back to the environment's settings?">
        <Text size="sm">
          What was set on this page is forgotten, its key too. The settings that the server was
          started with are in force again.
        </Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={dialog.close} data-autofocus>
            Keep them
          </Button>
          <Button color="red.8" loading={reset.isPending} onClick={confirm}>
            Forget them
          </Button>
        </Group>
      </Modal>
    </>
  );
}
