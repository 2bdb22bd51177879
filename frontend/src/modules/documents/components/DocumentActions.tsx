import { Button, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconChevronDown,
  IconDownload,
  IconEyeCheck,
  IconRefresh,
  IconTags,
  IconTrash,
} from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { fileUrl, isUnfinished } from "@/api/queries/documents";
import type { DocumentDetail } from "@/api/types";
import { notifyDone, notifyProblem } from "@/shared/notify";
import { useClassifyDocument, useRetryDocument, useReviewed } from "../queries/mutations";
import { DeleteDialog } from "./DeleteDialog";

/** What can be done with a document as a whole. */
export function DocumentActions({ document }: { document: DocumentDetail }) {
  const navigate = useNavigate();
  const classify = useClassifyDocument();
  const retry = useRetryDocument();
  const reviewed = useReviewed(document.id);
  const failed = document.stages.some(({ state }) => state === "failed");
  const [deleting, { open, close }] = useDisclosure(false);
  const findTopics = () =>
    classify.mutate(document.id, {
      onSuccess: () => notifyDone("Topics are being looked for."),
      onError: (error) => notifyProblem(error, "Topics were not looked for"),
    });
  const readAgain = () =>
    retry.mutate(document.id, {
      onSuccess: () => notifyDone("The document is being processed again."),
      onError: (error) => notifyProblem(error, "This could not be tried again"),
    });
  return (
    <>
      {document.needs_review && (
        <Button leftSection={<IconEyeCheck size={16} aria-hidden />} onClick={reviewed}>
          Mark as reviewed
        </Button>
      )}
      <Button
        component="a"
        href={fileUrl(document.id, true)}
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
      >
        Download
      </Button>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconTags size={16} aria-hidden />}
            disabled={isUnfinished(document)}
            onClick={findTopics}
          >
            Find topics again
          </Menu.Item>
          {failed && (
            <Menu.Item leftSection={<IconRefresh size={16} aria-hidden />} onClick={readAgain}>
              Process again
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={open}>
            Delete…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <DeleteDialog
        document={document}
        opened={deleting}
        onClose={close}
        onDeleted={() => void navigate({ to: "/" })}
      />
    </>
  );
}
