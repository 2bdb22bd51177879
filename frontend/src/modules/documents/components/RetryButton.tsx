import { Button, type ButtonProps } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { notifyDone, notifyProblem } from "@/shared/notify";
import { useRetryDocument } from "../queries/mutations";

/** Has the failed stages of a document done again. */
export function RetryButton({ id, ...look }: { id: string } & ButtonProps) {
  const retry = useRetryDocument();
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconRefresh size={14} aria-hidden />}
      {...look}
      loading={retry.isPending}
      onClick={() =>
        retry.mutate(id, {
          onSuccess: () => notifyDone("The document is being processed again."),
          onError: (error) => notifyProblem(error, "This could not be tried again"),
        })
      }
    >
      Retry
    </Button>
  );
}
