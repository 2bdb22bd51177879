import { Popover, UnstyledButton } from "@mantine/core";
import { useWindowEvent } from "@mantine/hooks";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Failure } from "@/api/types";
import classes from "./FailureReason.module.css";

/** Time to get from the chip to what it shows. */
const GRACE_MS = 200;

interface FailureReasonProps {
  failure: Failure;
  action?: ReactNode;
  children: ReactNode;
}

/** Tells why something failed: a glance on hover and focus, with its action on press. */
export function FailureReason({ failure, action, children }: FailureReasonProps) {
  const [shown, setShown] = useState<"no" | "glance" | "pressed">("no");
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** The focus comes back after a dismissal, which must not show the reason again. */
  const returning = useRef(false);
  useEffect(() => () => clearTimeout(leaving.current), []);

  useWindowEvent("keydown", ({ key }) => {
    if (key === "Escape") setShown((now) => (now === "glance" ? "no" : now));
  });

  const dismiss = () => {
    returning.current = shown === "pressed";
    setShown("no");
  };
  const glance = () => {
    clearTimeout(leaving.current);
    setShown((now) => (now === "no" ? "glance" : now));
  };
  const leave = () => {
    leaving.current = setTimeout(
      () => setShown((now) => (now === "glance" ? "no" : now)),
      GRACE_MS,
    );
  };
  return (
    <Popover
      opened={shown !== "no"}
      onDismiss={dismiss}
      width={300}
      position="bottom-end"
      trapFocus={shown === "pressed" && action != null}
      returnFocus={shown === "pressed"}
    >
      <Popover.Target>
        <UnstyledButton
          className={classes.button}
          onClick={() => setShown("pressed")}
          onMouseEnter={glance}
          onMouseLeave={leave}
          onFocus={() => {
            if (!returning.current) glance();
            returning.current = false;
          }}
          onBlur={leave}
        >
          {children}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown onMouseEnter={glance} onMouseLeave={leave}>
        <p className={classes.sentence}>{failure.message}</p>
        <code className={classes.code}>{failure.code}</code>
        {action && <div className={classes.action}>{action}</div>}
      </Popover.Dropdown>
    </Popover>
  );
}
