import { Modal, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Rule } from "@/api/types";
import { visibleText } from "@/shared/text/visible";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import { trialQuery } from "../queries/rules";
import { Trial } from "./Trial";

function Tried({ rule }: { rule: Rule }) {
  const trial = useQuery(trialQuery(rule.id));
  if (trial.data) return <Trial trial={trial.data} />;
  if (trial.error) {
    return <ProblemNotice error={trial.error} onRetry={() => void trial.refetch()} />;
  }
  return (
    <div aria-busy="true">
      <Skeleton height={120} radius="md" />
    </div>
  );
}

/** Tries a rule that is there; null keeps the dialog closed. */
export function TrialDialog({ rule, onDone }: { rule: Rule | null; onDone: () => void }) {
  return (
    <Modal
      opened={rule !== null}
      onClose={onDone}
      size="lg"
      title={rule && `“${visibleText(rule.name)}” on your documents`}
    >
      {rule && <Tried rule={rule} />}
    </Modal>
  );
}
