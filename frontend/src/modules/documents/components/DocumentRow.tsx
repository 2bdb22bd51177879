import { ActionIcon, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconDownload, IconEyeCheck, IconTrash } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { fileUrl } from "@/api/queries/documents";
import type { Document } from "@/api/types";
import { FAMILY_NAMES, retryMayHelp } from "@/shared/format/documents";
import { formatBytes, plural } from "@/shared/format/quantity";
import { visibleText } from "@/shared/text/visible";
import { Ago } from "@/shared/ui/Ago";
import { FileName } from "@/shared/ui/FileName";
import { ReviewMark } from "@/shared/ui/ReviewMark";
import { StatusChip } from "@/shared/ui/StatusChip";
import { TopicPill } from "@/shared/ui/TopicPill";
import { TypeIcon } from "@/shared/ui/TypeIcon";
import { useReviewed } from "../queries/mutations";
import { DeleteDialog } from "./DeleteDialog";
import classes from "./DocumentRow.module.css";
import { RetryButton } from "./RetryButton";

function Facts({ document }: { document: Document }) {
  const kind = extensionOf(document.original_name) ?? FAMILY_NAMES[document.family];
  return (
    <div className={classes.facts}>
      <span>{kind}</span>
      <span>{formatBytes(document.size_bytes)}</span>
      {document.page_count !== null && document.page_count > 1 && (
        <span>{plural(document.page_count, "page")}</span>
      )}
      <Ago at={document.created_at} />
      {nameless(document.original_name) !== document.title && (
        <span className={classes.original}>
          <FileName name={document.original_name} />
        </span>
      )}
    </div>
  );
}

/** A file name without its extension: what titles are made of. */
function nameless(name: string): string {
  return name.replace(/\.[a-z0-9]{1,5}$/i, "");
}

function extensionOf(name: string): string | null {
  return /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase() ?? null;
}

/** One document of the list. */
export function DocumentRow({ document }: { document: Document }) {
  const [deleting, { open, close }] = useDisclosure(false);
  const reviewed = useReviewed(document.id);
  const name = visibleText(document.title);
  const retry =
    document.error && retryMayHelp(document.error.code) ? <RetryButton id={document.id} /> : null;
  return (
    <li className={classes.row} data-testid="document-row">
      <TypeIcon document={document} />
      <div className={classes.main}>
        <Link
          to="/documents/$documentId"
          params={{ documentId: document.id }}
          className={classes.title}
          data-row-link
        >
          <FileName name={document.title} />
        </Link>
        <Facts document={document} />
      </div>
      {document.topics.length > 0 && (
        <ul className={classes.topics} aria-label={`Topics of ${name}`}>
          {document.topics.map((topic) => (
            <li key={topic.id}>
              <Link to="/" search={{ topic: topic.id }} className={classes.topic}>
                <TopicPill name={topic.name} color={topic.color} />
              </Link>
            </li>
          ))}
        </ul>
      )}
      <div className={classes.status}>
        {document.needs_review && <ReviewMark />}
        <StatusChip document={document} action={retry} />
      </div>
      <Menu position="bottom-end" width={180}>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            className={classes.menu}
            aria-label={`More for ${name}`}
          >
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            component="a"
            href={fileUrl(document.id, true)}
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            Download
          </Menu.Item>
          {document.needs_review && (
            <Menu.Item leftSection={<IconEyeCheck size={16} aria-hidden />} onClick={reviewed}>
              Mark as reviewed
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={open}>
            Delete…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <DeleteDialog document={document} opened={deleting} onClose={close} />
    </li>
  );
}
