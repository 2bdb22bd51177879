import { isUnfinished } from "@/api/queries/documents";
import type { DocumentDetail } from "@/api/types";
import { retryMayHelp } from "@/shared/format/documents";
import { Section } from "@/shared/ui/Section";
import classes from "./DocumentAside.module.css";
import { DocumentFacts } from "./DocumentFacts";
import { RetryButton } from "./RetryButton";
import { StageList } from "./StageList";
import { TopicEditor } from "./TopicEditor";

/** What is known about a document and what happened to it. */
export function DocumentAside({ document }: { document: DocumentDetail }) {
  const hopeful = document.stages.some(
    ({ state, error }) => state === "failed" && retryMayHelp(error?.code ?? ""),
  );
  return (
    <div className={classes.aside}>
      <Section compact title="Topics">
        <TopicEditor document={document} />
      </Section>
      <Section
        compact
        title="Processing"
        action={hopeful && !isUnfinished(document) && <RetryButton id={document.id} />}
      >
        <StageList stages={document.stages} />
      </Section>
      {document.warnings.length > 0 && (
        <Section compact title="Notes from reading">
          <ul className={classes.warnings}>
            {document.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Section>
      )}
      <Section compact title="Details">
        <DocumentFacts document={document} />
      </Section>
    </div>
  );
}
