import { Button } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import { asProblem } from "@/api/problem";
import classes from "./ProblemNotice.module.css";

interface ProblemNoticeProps {
  error: unknown;
  title?: string;
  onRetry?: (() => void) | undefined;
}

/** A failed request in the server's own sentence, with its code and a way on. */
export function ProblemNotice({ error, title, onRetry }: ProblemNoticeProps) {
  const problem = asProblem(error);
  return (
    <div className={classes.box} role="alert">
      <IconAlertTriangle size={20} aria-hidden className={classes.icon} />
      <div className={classes.body}>
        {title && <strong>{title}</strong>}
        <span>{problem.message}</span>
        {problem.errors.map((fault) => (
          <span key={fault.field + fault.message}>
            <code>{fault.field}</code>: {fault.message}
          </span>
        ))}
        <code className={classes.code}>
          {problem.code}
          {problem.requestId && ` · ${problem.requestId}`}
        </code>
      </div>
      {onRetry && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconRefresh size={14} aria-hidden />}
          onClick={onRetry}
        >
          Try again
        </Button>
      )}
    </div>
  );
}
