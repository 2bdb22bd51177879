import { VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { topicsQuery } from "@/api/queries/topics";
import type { RuleTrial } from "@/api/types";
import { formatCount, plural } from "@/shared/format/quantity";
import { FileName } from "@/shared/ui/FileName";
import { ReviewMark } from "@/shared/ui/ReviewMark";
import { TopicPill } from "@/shared/ui/TopicPill";
import classes from "./Trial.module.css";

type Example = RuleTrial["examples"][number];

function Changes({ changes }: Pick<Example, "changes">) {
  const topics = useQuery(topicsQuery);
  const added = (topics.data ?? []).filter(({ id }) => changes.topic_ids.includes(id));
  if (changes.topic_ids.length === 0 && changes.title === null && !changes.needs_review) {
    return <span>nothing new</span>;
  }
  return (
    <>
      {added.map(({ id, name, color }) => (
        <TopicPill key={id} name={name} color={color} />
      ))}
      {changes.title !== null && (
        <span>
          becomes “<FileName name={changes.title} />”
        </span>
      )}
      {changes.needs_review && <ReviewMark />}
    </>
  );
}

/** What a rule would do to the documents that are there. */
export function Trial({ trial }: { trial: RuleTrial }) {
  const { matches, checked, stopped, examples } = trial;
  return (
    <div className={classes.trial}>
      <p className={classes.sum} role="status">
        Holds for {formatCount(matches)} of {plural(checked, "document")}.
      </p>
      <p className={classes.note}>
        Nothing was changed.
        {stopped && " Only the newest documents were looked at."}
        {matches > examples.length && ` Here are the newest ${examples.length}.`}
      </p>
      {examples.length > 0 && (
        <ul className={classes.list} aria-label="Documents that the rule holds for" tabIndex={0}>
          {examples.map(({ document_id, title, changes }) => (
            <li key={document_id}>
              <Link
                to="/documents/$documentId"
                params={{ documentId: document_id }}
                target="_blank"
                className={classes.link}
              >
                <FileName name={title} />
                <VisuallyHidden> (opens in a new tab)</VisuallyHidden>
              </Link>
              <div className={classes.changes}>
                <Changes changes={changes} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
