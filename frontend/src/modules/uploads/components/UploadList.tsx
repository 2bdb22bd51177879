import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { client, unwrap } from "@/api/client";
import { notifyProblem } from "@/shared/notify";
import type { UploadItem } from "../queue/item";
import { useUploads } from "../UploadsProvider";
import classes from "./UploadPanel.module.css";
import { UploadRow } from "./UploadRow";

const ROW_HEIGHT = 60;

/** The files of the panel; only those in sight are in the page, so hundreds cost nothing. */
export function UploadList({ items }: { items: readonly UploadItem[] }) {
  const { queue } = useUploads();
  const frame = useRef<HTMLElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: 6,
  });

  async function retry(item: UploadItem): Promise<void> {
    if (!item.documentId) return queue.retry(item.id);
    const path = { document_id: item.documentId };
    try {
      queue.follow(
        await unwrap(client.POST("/api/documents/{document_id}/retry", { params: { path } })),
      );
    } catch (error) {
      notifyProblem(error, "This could not be tried again");
    }
  }

  return (
    // Frames that scroll must be reachable by keyboard.
    <section ref={frame} className={classes.frame} tabIndex={0} aria-label="Uploaded files">
      <ul className={classes.list} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const item = items[row.index];
          return (
            item && (
              <li
                key={row.key}
                ref={rows.measureElement}
                data-index={row.index}
                aria-setsize={items.length}
                aria-posinset={row.index + 1}
                className={classes.item}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <UploadRow
                  item={item}
                  onRetry={() => void retry(item)}
                  onCancel={() => queue.cancel(item.id)}
                  onDismiss={() => queue.dismiss(item.id)}
                />
              </li>
            )
          );
        })}
      </ul>
    </section>
  );
}
