import { CloseButton, Popover, Select, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { topicsQuery } from "@/api/queries/topics";
import type { DocumentDetail, DocumentTopic } from "@/api/types";
import { TOPIC_SOURCE_NAMES } from "@/shared/format/documents";
import { formatPercent } from "@/shared/format/quantity";
import { notifyProblem } from "@/shared/notify";
import { visibleText } from "@/shared/text/visible";
import { FileName } from "@/shared/ui/FileName";
import { TopicPill } from "@/shared/ui/TopicPill";
import { useUpdateDocument } from "../queries/mutations";
import classes from "./TopicEditor.module.css";

/** Whether somebody guessed, who may be wrong. */
function isProposed({ source }: DocumentTopic): boolean {
  return source === "local" || source === "ai";
}

/** Who put a topic there and why. */
function Reason({ topic }: { topic: DocumentTopic }) {
  return (
    <div className={classes.reason}>
      <strong>{TOPIC_SOURCE_NAMES[topic.source]}</strong>
      {isProposed(topic) && <span>{formatPercent(topic.confidence)} sure</span>}
      {topic.source === "rule" && (
        <Link to="/rules">
          <FileName name={topic.evidence} />
        </Link>
      )}
      {isProposed(topic) && topic.evidence && (
        <figure className={classes.evidence}>
          <figcaption>Because of this passage</figcaption>
          <blockquote>{topic.evidence}</blockquote>
        </figure>
      )}
      <Link to="/" search={{ topic: topic.id }}>
        All documents of this topic
      </Link>
    </div>
  );
}

interface AssignedTopicProps {
  topic: DocumentTopic;
  disabled: boolean;
  onRemove: () => void;
}

function AssignedTopic({ topic, disabled, onRemove }: AssignedTopicProps) {
  const name = visibleText(topic.name);
  return (
    <li className={classes.assigned}>
      <Popover width={280} position="bottom-start" trapFocus>
        <Popover.Target>
          <UnstyledButton className={classes.pill} aria-label={`${name}: why this topic?`}>
            <TopicPill name={topic.name} color={topic.color} />
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown>
          <Reason topic={topic} />
        </Popover.Dropdown>
      </Popover>
      {isProposed(topic) && (
        <span className={classes.sure}>{formatPercent(topic.confidence)} sure</span>
      )}
      <CloseButton
        size="sm"
        aria-label={`Remove the topic ${name}`}
        disabled={disabled}
        onClick={onRemove}
      />
    </li>
  );
}

/** The topics of a document: why they are there, and how to put them right. */
export function TopicEditor({ document }: { document: DocumentDetail }) {
  const topics = useQuery(topicsQuery);
  const update = useUpdateDocument(document.id);
  const assigned = document.topics.map((topic) => topic.id);
  const free = (topics.data ?? []).filter((topic) => !assigned.includes(topic.id));
  const assign = (topic_ids: string[]) =>
    update.mutate(
      { topic_ids },
      { onError: (error) => notifyProblem(error, "The topics were not changed") },
    );
  return (
    <>
      {document.topics.length === 0 && <p className={classes.none}>No topics yet.</p>}
      <ul className={classes.list}>
        {document.topics.map((topic) => (
          <AssignedTopic
            key={topic.id}
            topic={topic}
            disabled={update.isPending}
            onRemove={() => assign(assigned.filter((id) => id !== topic.id))}
          />
        ))}
      </ul>
      {topics.data?.length === 0 ? (
        <Link to="/topics">Create your first topic</Link>
      ) : (
        <Select
          size="sm"
          aria-label="Add a topic"
          placeholder={free.length > 0 ? "Add a topic" : "All topics are set"}
          disabled={free.length === 0 || update.isPending}
          searchable
          value={null}
          data={free.map(({ id, name }) => ({ value: id, label: name }))}
          nothingFoundMessage="No such topic"
          onChange={(id) => id && assign([...assigned, id])}
        />
      )}
    </>
  );
}
