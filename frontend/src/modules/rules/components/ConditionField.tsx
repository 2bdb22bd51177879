import { Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { conditionQuery } from "../queries/rules";
import { ConditionFault } from "./ConditionFault";
import classes from "./ConditionField.module.css";
import { ConditionReference } from "./ConditionReference";
import { type Fault, faultOf } from "./draft";

/** How long nothing is typed before the condition is looked at. */
const PAUSE_MS = 500;

interface ConditionFieldProps {
  value: string;
  /** What the server said when the rule was sent. */
  refused: Fault | null;
  onChange: (value: string) => void;
}

/** The condition of a rule, looked at while it is written. */
export function ConditionField({ value, refused, onChange }: ConditionFieldProps) {
  const input = useRef<HTMLTextAreaElement>(null);
  const [settled] = useDebouncedValue(value, PAUSE_MS);
  const check = useQuery(conditionQuery(settled));
  const current = settled === value && value.trim() !== "";
  const fault = (current && faultOf(check.error, "body.condition")) || refused;

  function show(position: number): void {
    const characters = Array.from(value);
    const start = characters.slice(0, position).join("").length;
    const end = start + (characters[position]?.length ?? 0);
    input.current?.focus();
    input.current?.setSelectionRange(start, end);
  }

  return (
    <div>
      <Textarea
        ref={input}
        label="If"
        description="When this holds for a new document."
        placeholder='filename contains "invoice" and page_count < 10'
        required
        autosize
        minRows={2}
        maxRows={8}
        maxLength={10_000}
        spellCheck={false}
        autoCapitalize="off"
        classNames={{ input: classes.input }}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={fault && <ConditionFault condition={value} fault={fault} onShow={show} />}
      />
      <div role="status">
        {current && check.isSuccess && !fault && (
          <small className={classes.fine}>
            <IconCheck size={14} aria-hidden /> This can be understood.
          </small>
        )}
      </div>
      <ConditionReference />
    </div>
  );
}
