import { Skeleton, Tabs } from "@mantine/core";
import { IconAlignLeft, IconEye } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import type { DocumentDetail } from "@/api/types";
import { oneOf } from "@/shared/search-params";
import surface from "@/shared/ui/Surface.module.css";
import { DOCUMENT_TABS, type DocumentParams } from "../pages/searchParams";
import classes from "./DocumentViewer.module.css";
import { ImageView, SHOWN_IMAGES } from "./ImageView";
import { TextView } from "./TextView";

const PdfView = lazy(() => import("./pdf/PdfView"));

interface DocumentViewerProps {
  document: DocumentDetail;
  params: DocumentParams;
}

/** The document itself: as it looks, where browsers can show it safely, and as text. */
export function DocumentViewer({ document, params }: DocumentViewerProps) {
  const navigate = useNavigate();
  const [unreadable, setUnreadable] = useState(false);
  const { page, q, hit } = params;
  const found = useMemo(() => ({ q, hit }), [q, hit]);
  const isPdf = document.media_type === "application/pdf";
  const previewable = (isPdf && !unreadable) || SHOWN_IMAGES.has(document.media_type);
  const tab = previewable ? (params.tab ?? "preview") : "text";
  const select = (next: string | null) =>
    void navigate({
      to: "/documents/$documentId",
      params: { documentId: document.id },
      search: { ...params, tab: oneOf(next, DOCUMENT_TABS) },
      replace: true,
      resetScroll: false,
    });
  return (
    <Tabs
      value={tab}
      onChange={select}
      keepMounted={false}
      className={`${surface.surface} ${classes.viewer}`}
    >
      <Tabs.List className={classes.tabs}>
        {previewable && (
          <Tabs.Tab value="preview" leftSection={<IconEye size={16} aria-hidden />}>
            Preview
          </Tabs.Tab>
        )}
        <Tabs.Tab value="text" leftSection={<IconAlignLeft size={16} aria-hidden />}>
          Text
        </Tabs.Tab>
      </Tabs.List>
      {previewable && (
        <Tabs.Panel value="preview">
          {isPdf ? (
            <Suspense fallback={<Skeleton height={600} />}>
              <PdfView
                documentId={document.id}
                page={page}
                hit={found}
                onUnreadable={() => setUnreadable(true)}
              />
            </Suspense>
          ) : (
            <ImageView document={document} />
          )}
        </Tabs.Panel>
      )}
      <Tabs.Panel value="text">
        {unreadable && (
          <p className={classes.note} role="status">
            The pages of this PDF cannot be drawn. You can still download the original.
          </p>
        )}
        <TextView document={document} page={page} hit={found} />
      </Tabs.Panel>
    </Tabs>
  );
}
