import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { AISettings } from "@/api/types";
import { notifyDone, notifyProblem } from "@/shared/notify";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { useResetAISettings } from "../queries/settings";

interface ResetButtonProps {
  settings: AISettings;
  onDone: (settings: AISettings) => void;
}

/** Goes back to the settings of the server, after a question. */
export function ResetButton({ settings, onDone }: ResetButtonProps) {
  const [opened, dialog] = useDisclosure(false);
  const reset = useResetAISettings();
  const confirm = () =>
    reset.mutate(undefined, {
      onSuccess: (standing) => {
        dialog.close();
        notifyDone("The settings of the server are in use again.");
        onDone(standing);
      },
      onError: (error) => notifyProblem(error, "The settings were not given back"),
    });
  return (
    <>
      <Button variant="subtle" disabled={settings.source === "environment"} onClick={dialog.open}>
        Back to the server's settings
      </Button>
      <ConfirmDialog
        opened={opened}
        title="Back to the server's settings?"
        confirm="Forget them"
        keep="Keep them"
        sending={reset.isPending}
        onConfirm={confirm}
        onClose={dialog.close}
      >
        What was set on this page is forgotten, its key too. The settings that the server was
        started with are used again.
      </ConfirmDialog>
    </>
  );
}
