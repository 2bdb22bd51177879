import { Button } from "@mantine/core";
import { useId, useState } from "react";
import type { Transition } from "@/api/types";
import { Ago } from "@/shared/ui/Ago";
import { Section } from "@/shared/ui/Section";
import { MODE_WORDS } from "../naming";
import classes from "./ModeHistory.module.css";

const LATEST = 5;

/** The latest changes of the mode, the newest first. */
export function ModeHistory({ transitions }: { transitions: readonly Transition[] }) {
  const [all, setAll] = useState(false);
  const list = useId();
  if (transitions.length === 0) {
    return (
      <Section title="Changes of the mode">
        <p className={classes.none}>There were none so far.</p>
      </Section>
    );
  }
  const shown = all ? transitions : transitions.slice(0, LATEST);
  return (
    <Section title="Changes of the mode">
      <ol id={list} className={classes.list}>
        {shown.map(({ at, from, to, reason }) => (
          <li key={at + to}>
            <span className={classes.change}>
              From “{MODE_WORDS[from].name}” to “{MODE_WORDS[to].name}”
            </span>
            <span className={classes.when}>
              <Ago at={at} />
            </span>
            <span className={classes.reason}>{reason}</span>
          </li>
        ))}
      </ol>
      {transitions.length > LATEST && (
        <Button
          mt="sm"
          size="xs"
          variant="default"
          aria-expanded={all}
          aria-controls={list}
          onClick={() => setAll(!all)}
        >
          {all ? "Show the latest only" : `Show all ${transitions.length}`}
        </Button>
      )}
    </Section>
  );
}
