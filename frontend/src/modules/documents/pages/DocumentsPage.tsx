import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { documentListQuery } from "@/api/queries/documents";
import { plural } from "@/shared/format/quantity";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { PageHeader } from "@/shared/ui/PageHeader";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import surface from "@/shared/ui/Surface.module.css";
import { DocumentFilters } from "../components/DocumentFilters";
import { DocumentList } from "../components/DocumentList";
import { DocumentListSkeleton } from "../components/DocumentListSkeleton";
import type { DocumentListParams } from "./searchParams";

const PER_PAGE = 25;
const route = getRouteApi("/");

/** Home: everything in the vault, newest first unless asked otherwise. */
export function DocumentsPage() {
  useDocumentTitle("Documents");
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const { page = 1, sort = "-created_at", topic, status, type, q, review } = params;
  const filters = { topic, status, type, q, needs_review: review };
  const list = useQuery(documentListQuery({ page, per_page: PER_PAGE, sort, ...filters }));
  const filtered = Object.values(filters).some((value) => value !== undefined);
  const change = (changes: DocumentListParams) =>
    void navigate({ search: { ...params, page: undefined, ...changes }, replace: true });

  const note =
    list.data && (list.data.total > 0 || filtered)
      ? `${plural(list.data.total, "document")}${filtered ? " with these filters" : ""}`
      : undefined;
  return (
    <>
      <PageHeader title="Documents" note={<span role="status">{note}</span>} />
      {(filtered || !list.data || list.data.total > 0) && (
        <DocumentFilters params={params} onChange={change} />
      )}
      {list.error && !list.data && (
        <ProblemNotice
          title="The documents could not be listed"
          error={list.error}
          onRetry={() => void list.refetch()}
        />
      )}
      {list.isPending && (
        <div className={surface.surface} aria-busy="true">
          <DocumentListSkeleton />
        </div>
      )}
      {list.data && (
        <DocumentList
          data={list.data}
          filtered={filtered}
          onPage={(next) =>
            void navigate({ search: { ...params, page: next === 1 ? undefined : next } })
          }
          onClear={() => void navigate({ search: {} })}
        />
      )}
    </>
  );
}
