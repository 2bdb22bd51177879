import { type ReactNode, useId } from "react";
import classes from "./Section.module.css";
import surface from "./Surface.module.css";

interface SectionProps {
  title: string;
  /** What can be done, beside the heading. */
  action?: ReactNode;
  /** For a column beside something larger. */
  compact?: boolean;
  children: ReactNode;
}

/** A part of a page on a surface of its own, under a heading. */
export function Section({ title, action, compact = false, children }: SectionProps) {
  const heading = useId();
  const size = compact ? classes.compact : "";
  return (
    <section className={`${surface.surface} ${classes.section} ${size}`} aria-labelledby={heading}>
      <div className={classes.head}>
        <h2 id={heading} className={classes.title}>
          {title}
        </h2>
        {action}
      </div>
      {children}
    </section>
  );
}
