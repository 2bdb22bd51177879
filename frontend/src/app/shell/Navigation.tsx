import { VisuallyHidden } from "@mantine/core";
import {
  IconActivityHeartbeat,
  IconFiles,
  IconRoute,
  IconSparkles,
  IconTags,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { CSSProperties } from "react";
import { infoQuery } from "@/api/queries/info";
import { topicsQuery } from "@/api/queries/topics";
import { formatCount } from "@/shared/format/quantity";
import { FileName } from "@/shared/ui/FileName";
import { Logo } from "@/shared/ui/Logo";
import classes from "./Navigation.module.css";

const QUICK_TOPICS = 12;

function QuickTopics() {
  const topics = useQuery(topicsQuery);
  const used = (topics.data ?? []).filter((topic) => topic.doc_count > 0);
  const shown = used.sort((a, b) => b.doc_count - a.doc_count).slice(0, QUICK_TOPICS);
  if (shown.length === 0) return null;
  return (
    <>
      <h2 className={classes.heading}>Most used topics</h2>
      <ul className={classes.list}>
        {shown.map((topic) => (
          <li key={topic.id}>
            <Link
              to="/"
              search={{ topic: topic.id }}
              activeOptions={{ includeSearch: true }}
              className={classes.link}
              style={{ "--topic": topic.color } as CSSProperties}
            >
              <span className={classes.dot} aria-hidden="true" />
              <span className={classes.name}>
                <FileName name={topic.name} />
              </span>
              <span className={classes.count}>
                {formatCount(topic.doc_count)}
                <VisuallyHidden>
                  {topic.doc_count === 1 ? " document" : " documents"}
                </VisuallyHidden>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

function Version() {
  const info = useQuery(infoQuery);
  return info.data ? (
    <p className={classes.version}>
      {info.data.name} {info.data.version}
    </p>
  ) : null;
}

/** The way around on wide windows. */
export function Navigation() {
  return (
    <nav aria-label="Main" className={classes.side}>
      <Link to="/" className={classes.brand} activeProps={{}}>
        <Logo size={32} />
        DocuVault
      </Link>
      <div className={classes.links}>
        <ul className={classes.list}>
          <li>
            <Link
              to="/"
              activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
              className={classes.link}
            >
              <IconFiles size={18} stroke={1.7} aria-hidden /> Documents
            </Link>
          </li>
          <li>
            <Link to="/topics" className={classes.link}>
              <IconTags size={18} stroke={1.7} aria-hidden /> Topics
            </Link>
          </li>
          <li>
            <Link to="/rules" className={classes.link}>
              <IconRoute size={18} stroke={1.7} aria-hidden /> Rules
            </Link>
          </li>
          <li>
            <Link to="/settings/ai" className={classes.link}>
              <IconSparkles size={18} stroke={1.7} aria-hidden /> AI
            </Link>
          </li>
          <li>
            <Link to="/status" className={classes.link}>
              <IconActivityHeartbeat size={18} stroke={1.7} aria-hidden /> Status
            </Link>
          </li>
        </ul>
        <QuickTopics />
      </div>
      <Version />
    </nav>
  );
}
