import { Button } from "@mantine/core";
import { visibleText } from "@/shared/text/visible";
import classes from "./ConditionField.module.css";
import type { Fault } from "./draft";

/** Characters shown on either side of the fault. */
const AROUND = 30;

interface ConditionFaultProps {
  condition: string;
  fault: Fault;
  onShow: (position: number) => void;
}

/** What is wrong with a condition, with its place marked. */
export function ConditionFault({ condition, fault, onShow }: ConditionFaultProps) {
  const { message, position } = fault;
  if (position === null) return message;
  const characters = Array.from(condition);
  const start = Math.max(0, position - AROUND);
  const cut = (from: number, to?: number) => visibleText(characters.slice(from, to).join(""));
  return (
    <span className={classes.fault}>
      <span>{message}</span>
      <code className={classes.place} data-testid="condition-place">
        {start > 0 && "…"}
        {cut(start, position)}
        <mark>{cut(position, position + 1) || " "}</mark>
        {cut(position + 1, position + AROUND)}
        {position + AROUND < characters.length && "…"}
      </code>
      <Button size="compact-xs" variant="default" onClick={() => onShow(position)}>
        Go to this place
      </Button>
    </span>
  );
}
