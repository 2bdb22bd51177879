import { Button, Skeleton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { plural } from "@/shared/format/quantity";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { EmptyPanel } from "@/shared/ui/EmptyPanel";
import { PageHeader } from "@/shared/ui/PageHeader";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import surface from "@/shared/ui/Surface.module.css";
import { DegradedBanner } from "../components/DegradedBanner";
import { HitRow } from "../components/HitRow";
import { NothingFound } from "../components/NothingFound";
import { SearchFilters } from "../components/SearchFilters";
import { searchQuery } from "../queries/search";
import classes from "./SearchPage.module.css";
import type { SearchParams } from "./searchParams";

const route = getRouteApi("/search");

/** What was found for the words in the box. */
export function SearchPage() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const q = params.q ?? "";
  useDocumentTitle(q ? `Search: ${q}` : "Search");
  const results = useInfiniteQuery(searchQuery(params));
  const pages = results.data?.pages ?? [];
  const hits = pages.flatMap((page) => page.hits);
  const degraded = [...new Set(pages.flatMap((page) => page.degraded))];
  const change = (changes: SearchParams) =>
    void navigate({ search: { ...params, ...changes }, replace: true });
  const count =
    results.data && `${plural(hits.length, "document")}${results.hasNextPage ? " so far" : ""}`;
  return (
    <>
      <PageHeader
        title={q ? `Results for “${q}”` : "Search"}
        note={<span role="status">{q && count}</span>}
      />
      <SearchFilters params={params} onChange={change} />
      <DegradedBanner legs={degraded} />
      {!q && (
        <EmptyPanel icon={<IconSearch size={32} stroke={1.6} />} title="Ask in your own words">
          Type in the box at the top what you remember: a phrase from the document, a few words, or
          just what it was about. Press Enter to search.
        </EmptyPanel>
      )}
      {results.error && !results.data && (
        <ProblemNotice
          title="The search did not work"
          error={results.error}
          onRetry={() => void results.refetch()}
        />
      )}
      {q && results.isPending && (
        <div className={`${surface.surface} ${classes.loading}`} aria-busy="true">
          <Skeleton height={72} />
          <Skeleton height={72} />
          <Skeleton height={72} />
        </div>
      )}
      {results.data && hits.length === 0 && <NothingFound params={params} onChange={change} />}
      {hits.length > 0 && (
        <ol
          className={`${surface.surface} ${classes.hits}`}
          aria-label="Results"
          aria-busy={results.isPlaceholderData}
        >
          {hits.map((hit) => (
            <HitRow key={hit.document.id} hit={hit} q={q} />
          ))}
        </ol>
      )}
      {results.hasNextPage && (
        <div className={classes.more}>
          <Button
            variant="default"
            loading={results.isFetchingNextPage}
            onClick={() => void results.fetchNextPage()}
          >
            Show more
          </Button>
        </div>
      )}
    </>
  );
}
