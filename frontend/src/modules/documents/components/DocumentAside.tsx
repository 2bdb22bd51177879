import { type ReactNode, useId } from "react";
import { isUnfinished } from "@/api/queries/documents";
import type { DocumentDetail } from "@/api/types";
import { retryMayHelp } from "@/shared/format/documents";
import surface from "@/shared/ui/Surface.module.css";
import classes from "./DocumentAside.module.css";
import { DocumentFacts } from "./DocumentFacts";
import { RetryButton } from "./RetryButton";
import { StageList } from "./StageList";
import { TopicEditor } from "./TopicEditor";

function Card({
  title,
  children,
  action,
}: {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  const heading = useId();
  return (
    <section className={`${surface.surface} ${classes.card}`} aria-labelledby={heading}>
      <div className={classes.head}>
        <h2 id={heading} className={classes.heading}>
          {title}
        </h2>
        {action}
      </div>
      {children}
    </section>
  );
}

/** What is known about a document and what happened to it. */
export function DocumentAside({ document }: { document: DocumentDetail }) {
  const hopeful = document.stages.some(
    ({ state, error }) => state === "failed" && retryMayHelp(error?.code ?? ""),
  );
  return (
    <div className={classes.aside}>
      <Card title="Topics">
        <TopicEditor document={document} />
      </Card>
      <Card
        title="Processing"
        action={hopeful && !isUnfinished(document) && <RetryButton id={document.id} />}
      >
        <StageList stages={document.stages} />
      </Card>
      {document.warnings.length > 0 && (
        <Card title="Notes from reading">
          <ul className={classes.warnings}>
            {document.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Card>
      )}
      <Card title="Details">
        <DocumentFacts document={document} />
      </Card>
    </div>
  );
}
