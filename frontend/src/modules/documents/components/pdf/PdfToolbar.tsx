import { ActionIcon, NumberInput } from "@mantine/core";
import {
  IconChevronDown,
  IconChevronUp,
  IconZoomIn,
  IconZoomOut,
  IconZoomReset,
} from "@tabler/icons-react";
import { useEffect, useState } from "react";
import classes from "./PdfView.module.css";

interface PdfToolbarProps {
  page: number;
  pages: number;
  zoom: number;
  onPage: (page: number) => void;
  onZoom: (zoom: number) => void;
}

const STEP = 1.25;
const SMALLEST = 0.5;
const LARGEST = 3;

/** Where you are in a PDF and how large it is. */
export function PdfToolbar({ page, pages, zoom, onPage, onZoom }: PdfToolbarProps) {
  const [typed, setTyped] = useState<number | string>(page);
  useEffect(() => setTyped(page), [page]);
  const go = (next: number) => onPage(Math.min(pages, Math.max(1, Math.round(next) || 1)));
  const look = { variant: "subtle", color: "gray", size: "md" } as const;
  return (
    <div className={classes.toolbar} role="toolbar" aria-label="Pages and size">
      <ActionIcon {...look} aria-label="Previous page" onClick={() => go(page - 1)}>
        <IconChevronUp size={18} aria-hidden />
      </ActionIcon>
      <ActionIcon {...look} aria-label="Next page" onClick={() => go(page + 1)}>
        <IconChevronDown size={18} aria-hidden />
      </ActionIcon>
      <NumberInput
        size="xs"
        className={classes.pageInput}
        aria-label="Page"
        hideControls
        min={1}
        max={pages}
        value={typed}
        onChange={setTyped}
        onKeyDown={(event) => event.key === "Enter" && go(Number(typed))}
        onBlur={() => Number(typed) !== page && go(Number(typed))}
      />
      <span className={classes.of}>of {pages}</span>
      <span className={classes.gap} />
      <ActionIcon
        {...look}
        aria-label="Smaller"
        onClick={() => onZoom(Math.max(SMALLEST, zoom / STEP))}
      >
        <IconZoomOut size={18} aria-hidden />
      </ActionIcon>
      <span className={classes.zoom} role="status">
        {zoom === 1 ? "Fit" : `${Math.round(zoom * 100)} %`}
      </span>
      <ActionIcon
        {...look}
        aria-label="Larger"
        onClick={() => onZoom(Math.min(LARGEST, zoom * STEP))}
      >
        <IconZoomIn size={18} aria-hidden />
      </ActionIcon>
      <ActionIcon {...look} aria-label="Fit the width" onClick={() => onZoom(1)}>
        <IconZoomReset size={18} aria-hidden />
      </ActionIcon>
    </div>
  );
}
