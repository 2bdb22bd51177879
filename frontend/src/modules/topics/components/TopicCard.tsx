import { VisuallyHidden } from "@mantine/core";
import { IconBulb } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { CSSProperties } from "react";
import type { Topic } from "@/api/types";
import { plural } from "@/shared/format/quantity";
import { visibleText } from "@/shared/text/visible";
import { CardMenu } from "@/shared/ui/CardMenu";
import { FileName } from "@/shared/ui/FileName";
import classes from "./TopicCard.module.css";

interface TopicCardProps {
  topic: Topic;
  onEdit: () => void;
  onDelete: () => void;
}

/** One topic of the page. */
export function TopicCard({ topic, onEdit, onDelete }: TopicCardProps) {
  const name = visibleText(topic.name);
  return (
    <li className={classes.card} style={{ "--topic": topic.color } as CSSProperties}>
      <div className={classes.head}>
        <span className={classes.dot} aria-hidden="true" />
        <h2 className={classes.name}>
          <FileName name={topic.name} />
        </h2>
        <CardMenu name={name} onEdit={onEdit} onDelete={onDelete} />
      </div>
      {topic.description ? (
        <p className={classes.description}>
          <FileName name={topic.description} />
        </p>
      ) : (
        <button type="button" className={classes.hint} onClick={onEdit}>
          <IconBulb size={16} aria-hidden /> Add a describing sentence
          <VisuallyHidden> for {name}</VisuallyHidden>
        </button>
      )}
      <Link to="/" search={{ topic: topic.id }} className={classes.count}>
        {plural(topic.doc_count, "document")}
        <VisuallyHidden> about {name}</VisuallyHidden>
      </Link>
    </li>
  );
}
