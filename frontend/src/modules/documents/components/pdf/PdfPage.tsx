import { useIntersection, useMergedRef } from "@mantine/hooks";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { Page } from "react-pdf";
import type { Hit } from "@/shared/text/finding";
import { hideHit, showHit } from "./hitHighlight";
import classes from "./PdfView.module.css";

interface PdfPageProps {
  number: number;
  width: number;
  /** Height over width, until the page itself is known. */
  ratio: number;
  hit: Hit;
  scroller: RefObject<HTMLElement | null>;
  /** Called when the page and its text stand, with the first marked place. */
  onReady: (number: number, place: Range | null) => void;
}

/** One page of a PDF: drawn while it is near the visible part, an empty sheet otherwise. */
export function PdfPage({ number, width, ratio, hit, scroller, onReady }: PdfPageProps) {
  const sheet = useRef<HTMLDivElement>(null);
  const [ownRatio, setOwnRatio] = useState<number | null>(null);
  const { ref, entry } = useIntersection({ root: scroller.current, rootMargin: "120% 0px" });
  const near = entry?.isIntersecting ?? false;

  useEffect(() => {
    const element = sheet.current;
    return () => {
      if (element) hideHit(element);
    };
  }, []);

  const onText = useCallback(() => {
    onReady(number, sheet.current ? showHit(sheet.current, hit) : null);
  }, [number, hit, onReady]);

  return (
    <div
      ref={useMergedRef(ref, sheet)}
      className={classes.sheet}
      data-page={number}
      style={{ width, minHeight: width * (ownRatio ?? ratio) }}
    >
      {near && (
        <Page
          pageNumber={number}
          width={width}
          loading=""
          error="This page cannot be shown."
          onLoadSuccess={(page) => setOwnRatio(page.originalHeight / page.originalWidth)}
          onRenderTextLayerSuccess={onText}
        />
      )}
    </div>
  );
}
