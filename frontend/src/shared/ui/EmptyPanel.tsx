import type { ReactNode } from "react";
import classes from "./EmptyPanel.module.css";

interface EmptyPanelProps {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
}

/** What stands where there is nothing yet, and what to do about it. */
export function EmptyPanel({ icon, title, children, actions }: EmptyPanelProps) {
  return (
    <div className={classes.panel}>
      <span className={classes.icon} aria-hidden="true">
        {icon}
      </span>
      <h2 className={classes.title}>{title}</h2>
      <div className={classes.text}>{children}</div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}
