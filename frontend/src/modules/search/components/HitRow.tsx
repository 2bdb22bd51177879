import { IconAbc, IconQuote, IconSparkles } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Leg, SearchHit } from "@/api/types";
import { LEG_NAMES } from "@/shared/format/documents";
import { Ago } from "@/shared/ui/Ago";
import { FileName } from "@/shared/ui/FileName";
import { TopicPill } from "@/shared/ui/TopicPill";
import { TypeIcon } from "@/shared/ui/TypeIcon";
import classes from "./HitRow.module.css";
import { SnippetText } from "./SnippetText";

const LEG_ICONS: Record<Leg, typeof IconAbc> = {
  meaning: IconSparkles,
  words: IconAbc,
  exact: IconQuote,
};
const LONGEST_PASSAGE = 240;

/** What the document page needs to show the same place: the words, or the passage itself. */
function placeOf(hit: SearchHit, q: string) {
  const passage = hit.snippet.text.replace(/^[\s…]+|[\s…]+$/gu, "").slice(0, LONGEST_PASSAGE);
  const byMeaning = hit.snippet.highlights.length === 0 && passage !== "";
  return { page: hit.page, q, hit: byMeaning ? passage : undefined };
}

/** One hit: the document, the page and the passage. */
export function HitRow({ hit, q }: { hit: SearchHit; q: string }) {
  const { document } = hit;
  const pages = document.page_count ?? 1;
  return (
    <li className={classes.hit} data-testid="search-hit">
      <TypeIcon document={document} />
      <div className={classes.body}>
        <Link
          to="/documents/$documentId"
          params={{ documentId: document.id }}
          search={placeOf(hit, q)}
          className={classes.link}
          data-row-link
        >
          <span className={classes.title}>
            <FileName name={document.title} />
          </span>
          {pages > 1 && <span className={classes.page}>Page {hit.page}</span>}
        </Link>
        <p className={classes.snippet} dir="auto">
          <SnippetText snippet={hit.snippet} />
        </p>
        <div className={classes.facts}>
          {hit.legs.map((leg) => {
            const Icon = LEG_ICONS[leg];
            return (
              <span key={leg} className={classes.leg} data-leg={leg}>
                <Icon size={14} aria-hidden />
                {LEG_NAMES[leg]}
              </span>
            );
          })}
          {document.topics.map((topic) => (
            <TopicPill key={topic.id} name={topic.name} color={topic.color} />
          ))}
          <span className={classes.when}>
            <Ago at={document.created_at} />
          </span>
        </div>
      </div>
    </li>
  );
}
