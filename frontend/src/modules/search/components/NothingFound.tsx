import { Button } from "@mantine/core";
import { IconZoomQuestion } from "@tabler/icons-react";
import { EmptyPanel } from "@/shared/ui/EmptyPanel";
import type { SearchParams } from "../pages/searchParams";
import classes from "./NothingFound.module.css";

interface NothingFoundProps {
  params: SearchParams;
  onChange: (changes: SearchParams) => void;
}

/** What to try next. */
export function NothingFound({ params, onChange }: NothingFoundProps) {
  const narrowed = params.topic || params.type || params.from || params.to;
  return (
    <EmptyPanel
      icon={<IconZoomQuestion size={32} stroke={1.6} />}
      title="Nothing found"
      actions={
        <>
          {params.mode && (
            <Button onClick={() => onChange({ mode: undefined })}>Search everything</Button>
          )}
          {narrowed && (
            <Button
              variant="default"
              onClick={() =>
                onChange({ topic: undefined, type: undefined, from: undefined, to: undefined })
              }
            >
              Without filters
            </Button>
          )}
        </>
      }
    >
      <ul className={classes.tips}>
        <li>Describe what you look for in a sentence; the meaning counts, not just the words.</li>
        <li>Use fewer words, or other words for the same thing.</li>
        <li>Put a phrase in “quotes” to find it just as it stands.</li>
        <li>Documents that are still being processed appear here when they are ready.</li>
      </ul>
    </EmptyPanel>
  );
}
