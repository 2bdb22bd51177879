import { type ReactNode, useId } from "react";
import surface from "@/shared/ui/Surface.module.css";
import classes from "./Section.module.css";

interface SectionProps {
  title: string;
  action?: ReactNode;
  children: ReactNode;
}

/** A part of the status page with its heading. */
export function Section({ title, action, children }: SectionProps) {
  const heading = useId();
  return (
    <section className={`${surface.surface} ${classes.section}`} aria-labelledby={heading}>
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
