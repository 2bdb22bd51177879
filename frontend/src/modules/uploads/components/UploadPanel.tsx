import { ActionIcon, Collapse, Progress, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronUp, IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { UploadItem } from "../queue/item";
import { summarize, type UploadSummary } from "../queue/summary";
import { useUploadItems, useUploads } from "../UploadsProvider";
import { UploadList } from "./UploadList";
import classes from "./UploadPanel.module.css";
import { UploadPanelFoot } from "./UploadPanelFoot";

function titleOf(summary: UploadSummary): string {
  if (summary.unsent > 0) return "Uploading";
  return summary.processing > 0 ? "Processing" : "Uploads";
}

interface PanelProps {
  items: readonly UploadItem[];
  summary: UploadSummary;
}

function Panel({ items, summary }: PanelProps) {
  const { queue } = useUploads();
  const [opened, { toggle }] = useDisclosure(true);
  const [wantFailed, setWantFailed] = useState(false);
  const onlyFailed = wantFailed && summary.failed > 0;
  const shown = onlyFailed ? items.filter((item) => item.state === "failed") : items;
  const busy = summary.unsent > 0 || summary.processing > 0;
  const look = { variant: "subtle", color: "gray" } as const;
  return (
    <section className={classes.panel} aria-label="Uploads" data-no-print>
      <div className={classes.head}>
        <div className={classes.summary}>
          <h2 className={classes.title}>{titleOf(summary)}</h2>
          <span className={classes.words} data-testid="upload-summary">
            {summary.words}
          </span>
        </div>
        <ActionIcon
          {...look}
          aria-expanded={opened}
          aria-label={opened ? "Fold the upload panel" : "Unfold the upload panel"}
          onClick={toggle}
        >
          {opened ? (
            <IconChevronDown size={18} aria-hidden />
          ) : (
            <IconChevronUp size={18} aria-hidden />
          )}
        </ActionIcon>
        {!busy && (
          <ActionIcon
            {...look}
            aria-label="Close the upload panel"
            onClick={() => {
              for (const item of items) queue.dismiss(item.id);
            }}
          >
            <IconX size={18} aria-hidden />
          </ActionIcon>
        )}
      </div>
      {busy && (
        <Progress
          size={4}
          radius={0}
          value={summary.progress * 100}
          aria-label="Progress of all uploads"
        />
      )}
      <Collapse expanded={opened}>
        <UploadList items={shown} />
        <UploadPanelFoot
          items={items}
          summary={summary}
          onlyFailed={onlyFailed}
          onOnlyFailed={setWantFailed}
        />
      </Collapse>
    </section>
  );
}

/** How all uploads are doing, on every page. */
export function UploadPanel() {
  const items = useUploadItems();
  const summary = summarize(items);
  const [spoken] = useDebouncedValue(items.length > 0 ? `Uploads: ${summary.words}` : "", 1500);
  return (
    <>
      <VisuallyHidden role="status">{spoken}</VisuallyHidden>
      {items.length > 0 && <Panel items={items} summary={summary} />}
    </>
  );
}
