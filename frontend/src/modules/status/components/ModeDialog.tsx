import { FocusTrap, Modal } from "@mantine/core";
import { useState } from "react";
import { asProblem } from "@/api/problem";
import type { Status } from "@/api/types";
import { AdminProblem } from "@/shared/admin/AdminProblem";
import { notifyDone } from "@/shared/notify";
import { choiceOf, firstDraft, type ModeDraft } from "../draft";
import { useChangeMode } from "../queries/status";
import { ModeForm } from "./ModeForm";

interface ModeDialogProps {
  status: Status;
  onClose: () => void;
}

function Content({ status, onClose }: ModeDialogProps) {
  // A mode that changes meanwhile changes nothing of what somebody is about to choose.
  const [draft, setDraft] = useState<ModeDraft>(() => firstDraft(status));
  const change = useChangeMode();

  function send(): void {
    change.mutate(choiceOf(draft), {
      onSuccess: () => {
        notifyDone(
          draft.mode === "automatic"
            ? "The vault decides the mode again."
            : "The mode is in force now.",
        );
        onClose();
      },
    });
  }

  if (change.error && asProblem(change.error).code === "admin_required") {
    return (
      <FocusTrap active>
        <div>
          <AdminProblem title="The mode was not changed" error={change.error} onRetry={send} />
        </div>
      </FocusTrap>
    );
  }
  return (
    <ModeForm
      draft={draft}
      overridden={status.overridden_until !== null}
      error={change.error}
      sending={change.isPending}
      onChange={(changes) => setDraft((before) => ({ ...before, ...changes }))}
      onSend={send}
      onClose={onClose}
    />
  );
}

/** Where administrators put a mode in force, for a while and for a reason. */
export function ModeDialog({ opened, ...props }: ModeDialogProps & { opened: boolean }) {
  return (
    <Modal opened={opened} onClose={props.onClose} title="Set the mode by hand">
      <Content {...props} />
    </Modal>
  );
}
