import { Skeleton } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { documentTextQuery } from "@/api/queries/documents";
import type { DocumentDetail } from "@/api/types";
import { findHit, type Hit } from "@/shared/text/finding";
import { piecesOf } from "@/shared/text/marking";
import { MarkedText } from "@/shared/ui/MarkedText";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import classes from "./TextView.module.css";

/** Up to this many characters come in one request; longer texts page by page as they are reached. */
const AT_ONCE = 400_000;

interface PageTextProps {
  documentId: string;
  number: number;
  hit: Hit;
  text: string | undefined;
  titled: boolean;
}

function PageText({ documentId, number, hit, text, titled }: PageTextProps) {
  return (
    <section id={`page-${number}`} className={classes.page} aria-label={`Page ${number}`}>
      {titled && (
        <h2 className={classes.number}>
          <Link
            to="/documents/$documentId"
            params={{ documentId }}
            search={{ ...hit, page: number, tab: "text" }}
          >
            Page {number}
          </Link>
        </h2>
      )}
      {text === undefined ? (
        <Skeleton height={160} />
      ) : text.trim() ? (
        <p className={classes.text} dir="auto">
          <MarkedText pieces={piecesOf(text, findHit(text, hit))} />
        </p>
      ) : (
        <p className={classes.blank}>No text on this page.</p>
      )}
    </section>
  );
}

/** Reads its page when it comes near the window. */
function LazyPageText(props: Omit<PageTextProps, "text">) {
  const { ref, entry } = useIntersection({ rootMargin: "600px" });
  const page = useQuery({
    ...documentTextQuery(props.documentId, props.number),
    enabled: entry?.isIntersecting ?? false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div ref={ref}>
      <PageText {...props} text={page.data?.pages[0]?.text} />
    </div>
  );
}

interface TextViewProps {
  document: DocumentDetail;
  page: number | undefined;
  hit: Hit;
}

/** What was read of a document, page by page, as plain text. */
export function TextView({ document, page, hit }: TextViewProps) {
  const { id, page_count: pageCount, character_count: characters } = document;
  const lazy = (characters ?? 0) > AT_ONCE && (pageCount ?? 0) > 1;
  const all = useQuery({ ...documentTextQuery(id, null), enabled: !lazy && pageCount !== null });
  const root = useRef<HTMLDivElement>(null);
  const loaded = lazy || all.data !== undefined;

  useEffect(() => {
    if (!loaded || !page || page === 1) return;
    root.current?.querySelector(`#page-${page}`)?.scrollIntoView({ block: "start" });
  }, [loaded, page]);

  if (pageCount === null && document.status !== "ready") {
    return (
      <p className={classes.blank}>
        {document.status === "failed"
          ? "No text could be read from this document."
          : "The text is being read. It appears here by itself."}
      </p>
    );
  }
  if (all.error) return <ProblemNotice error={all.error} onRetry={() => void all.refetch()} />;
  if (!loaded) return <Skeleton height={320} />;
  const numbers = lazy ? Array.from({ length: pageCount ?? 0 }, (_, index) => index + 1) : [];
  const pages = all.data?.pages ?? [];
  return (
    <div ref={root} className={classes.root}>
      {numbers.map((number) => (
        <LazyPageText key={number} documentId={id} number={number} hit={hit} titled />
      ))}
      {!lazy && pages.length === 0 && <p className={classes.blank}>There is no text in here.</p>}
      {pages.map(({ number, text }) => (
        <PageText
          key={number}
          documentId={id}
          number={number}
          text={text}
          hit={hit}
          titled={pages.length > 1}
        />
      ))}
    </div>
  );
}
