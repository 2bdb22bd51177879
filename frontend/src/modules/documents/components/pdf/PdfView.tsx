import { Skeleton } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useCallback, useEffect, useRef, useState } from "react";
import { Document } from "react-pdf";
import "react-pdf/dist/Page/AnnotationLayer.css";
import "react-pdf/dist/Page/TextLayer.css";
import { fileUrl } from "@/api/queries/documents";
import type { Hit } from "@/shared/text/finding";
import { PdfPage } from "./PdfPage";
import { PdfToolbar } from "./PdfToolbar";
import classes from "./PdfView.module.css";
import { PDF_OPTIONS } from "./setup";

const A4 = Math.SQRT2;
const MARGIN = 16;

interface Loaded {
  pages: number;
  ratio: number;
}

interface PdfViewProps {
  documentId: string;
  page: number | undefined;
  hit: Hit;
  /** Shown when the file is no PDF that can be drawn. */
  onUnreadable: () => void;
}

/** A PDF page by page in its own scrolling frame; only pages near the visible part are drawn. */
export default function PdfView({ documentId, page, hit, onUnreadable }: PdfViewProps) {
  const scroller = useRef<HTMLElement>(null);
  const size = useElementSize<HTMLElement>();
  const frame = useMergedRef(scroller, size.ref);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [zoom, setZoom] = useState(1);
  const [current, setCurrent] = useState(page ?? 1);
  /** The page to go to; kept until it is drawn, since sheets above it may change their height. */
  const target = useRef<number | null>(page ?? null);
  const width = Math.max(200, (size.width - 2 * MARGIN) * zoom);

  const goTo = useCallback((number: number) => {
    const frame = scroller.current;
    const sheet = frame?.querySelector<HTMLElement>(`[data-page="${number}"]`);
    if (!frame || !sheet) return;
    frame.scrollTop = sheet.offsetTop - MARGIN;
    setCurrent(number);
  }, []);

  useEffect(() => {
    if (!loaded || !page) return;
    target.current = page;
    goTo(Math.min(page, loaded.pages));
  }, [loaded, page, goTo]);

  const onReady = useCallback(
    (number: number, place: Range | null) => {
      const frame = scroller.current;
      if (!frame || target.current !== number) return;
      target.current = null;
      goTo(number);
      if (!place) return;
      const above = place.getBoundingClientRect().top - frame.getBoundingClientRect().top;
      if (above > frame.clientHeight * 0.7) frame.scrollTop += above - frame.clientHeight / 3;
    },
    [goTo],
  );

  function onScroll(): void {
    const frame = scroller.current;
    if (!frame) return;
    const middle = frame.scrollTop + frame.clientHeight / 3;
    let seen = 1;
    for (const sheet of frame.querySelectorAll<HTMLElement>("[data-page]")) {
      if (sheet.offsetTop > middle) break;
      seen = Number(sheet.dataset.page);
    }
    setCurrent(seen);
  }

  return (
    <div className={classes.view}>
      <PdfToolbar
        page={current}
        pages={loaded?.pages ?? 1}
        zoom={zoom}
        onPage={goTo}
        onZoom={setZoom}
      />
      <section
        ref={frame}
        className={classes.frame}
        onScroll={onScroll}
        tabIndex={0}
        aria-label="Pages"
      >
        <Document
          file={fileUrl(documentId)}
          options={PDF_OPTIONS}
          externalLinkTarget="_blank"
          externalLinkRel="noopener noreferrer nofollow"
          loading={<Skeleton height={600} />}
          error=""
          onLoadSuccess={async (pdf) => {
            const { width, height } = (await pdf.getPage(1)).getViewport({ scale: 1 });
            setLoaded({ pages: pdf.numPages, ratio: width > 0 ? height / width : A4 });
          }}
          onLoadError={onUnreadable}
          onPassword={onUnreadable}
        >
          {loaded &&
            size.width > 0 &&
            Array.from({ length: loaded.pages }, (_, index) => (
              <PdfPage
                // biome-ignore lint/suspicious/noArrayIndexKey: a page is its position
                key={index}
                number={index + 1}
                width={width}
                ratio={loaded.ratio}
                hit={hit}
                scroller={scroller}
                onReady={onReady}
              />
            ))}
        </Document>
      </section>
    </div>
  );
}
