import { Button, Skeleton } from "@mantine/core";
import { IconBulb, IconPlus, IconTags } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { infoQuery } from "@/api/queries/info";
import { topicsQuery } from "@/api/queries/topics";
import type { Topic } from "@/api/types";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { EmptyPanel } from "@/shared/ui/EmptyPanel";
import { PageHeader } from "@/shared/ui/PageHeader";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import { DeleteTopicDialog } from "../components/DeleteTopicDialog";
import { TopicCard } from "../components/TopicCard";
import { freshColor, TopicForm } from "../components/TopicForm";
import classes from "./TopicsPage.module.css";

function HowItWorks() {
  const info = useQuery(infoQuery);
  return (
    <div className={classes.tip}>
      <IconBulb size={20} aria-hidden />
      <p>
        New documents get their topics automatically, from this list only: nothing is ever invented.{" "}
        <strong>A topic with a describing sentence is found far more reliably</strong> than a bare
        name, because documents are compared with what the sentence means.
        {info.data?.text_leaves_the_vault && (
          <> This vault asks an AI provider for topics, so the text of documents is sent there.</>
        )}
      </p>
    </div>
  );
}

type Editing = { topic: Topic | null } | null;

/** All topics: what documents can be about. */
export function TopicsPage() {
  useDocumentTitle("Topics");
  const topics = useQuery(topicsQuery);
  const [editing, setEditing] = useState<Editing>(null);
  const [deleting, setDeleting] = useState<Topic | null>(null);
  const create = () => setEditing({ topic: null });
  const button = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={create}>
      New topic
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Topics"
        note="What your documents are about"
        actions={topics.data && topics.data.length > 0 && button}
      />
      {topics.error && !topics.data && (
        <ProblemNotice
          title="The topics could not be listed"
          error={topics.error}
          onRetry={() => void topics.refetch()}
        />
      )}
      {topics.isPending && (
        <div className={classes.grid} aria-busy="true">
          <Skeleton height={130} radius="lg" />
          <Skeleton height={130} radius="lg" />
          <Skeleton height={130} radius="lg" />
        </div>
      )}
      {topics.data?.length === 0 && (
        <EmptyPanel
          icon={<IconTags size={32} stroke={1.6} />}
          title="Sort documents by what they are about"
          actions={button}
        >
          Make a few topics such as “Invoices”, “Contracts” or “Health”, each with a sentence on
          what belongs there. Documents are then sorted automatically, and you see why.
        </EmptyPanel>
      )}
      {topics.data && topics.data.length > 0 && (
        <>
          <HowItWorks />
          <ul className={classes.grid} aria-label="Topics">
            {topics.data.map((topic) => (
              <TopicCard
                key={topic.id}
                topic={topic}
                onEdit={() => setEditing({ topic })}
                onDelete={() => setDeleting(topic)}
              />
            ))}
          </ul>
        </>
      )}
      <TopicForm
        opened={editing !== null}
        topic={editing?.topic ?? null}
        freshColor={freshColor((topics.data ?? []).map((topic) => topic.color.toLowerCase()))}
        onDone={() => setEditing(null)}
      />
      <DeleteTopicDialog topic={deleting} onDone={() => setDeleting(null)} />
    </>
  );
}
