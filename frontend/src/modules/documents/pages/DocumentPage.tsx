import { Anchor, Button, Skeleton } from "@mantine/core";
import { IconAlertTriangle, IconArrowLeft, IconFileOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { asProblem } from "@/api/problem";
import { documentQuery } from "@/api/queries/documents";
import type { DocumentDetail } from "@/api/types";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { EmptyPanel } from "@/shared/ui/EmptyPanel";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import { ReviewMark } from "@/shared/ui/ReviewMark";
import { StatusChip } from "@/shared/ui/StatusChip";
import { TypeIcon } from "@/shared/ui/TypeIcon";
import { DocumentActions } from "../components/DocumentActions";
import { DocumentAside } from "../components/DocumentAside";
import { DocumentViewer } from "../components/DocumentViewer";
import { EditableTitle } from "../components/EditableTitle";
import classes from "./DocumentPage.module.css";
import type { DocumentParams } from "./searchParams";

const route = getRouteApi("/documents/$documentId");

/** Failures after which the original is not what it was. */
const LOST = new Set(["storage_object_missing", "integrity_failed"]);

function Missing() {
  return (
    <EmptyPanel
      icon={<IconFileOff size={32} stroke={1.6} />}
      title="This document is not in the vault"
      actions={<Button renderRoot={(props) => <Link to="/" {...props} />}>To all documents</Button>}
    >
      It may have been deleted, or the address is not complete.
    </EmptyPanel>
  );
}

function Reason({ document }: { document: DocumentDetail }) {
  if (document.status !== "failed" || !document.error) return null;
  return (
    <div className={classes.failure} role="status">
      <IconAlertTriangle size={20} aria-hidden />
      <div>
        <strong>{document.error.message}</strong>{" "}
        {!LOST.has(document.error.code) && "The original is safe and can be downloaded. "}
        <code>{document.error.code}</code>
      </div>
    </div>
  );
}

function Loaded({ document, params }: { document: DocumentDetail; params: DocumentParams }) {
  return (
    <article>
      <header className={classes.header}>
        <TypeIcon document={document} size={48} />
        <div className={classes.words}>
          <EditableTitle document={document} />
          <div className={classes.status} aria-live="polite">
            <StatusChip document={document} />
            {document.needs_review && <ReviewMark />}
          </div>
        </div>
        <div className={classes.actions}>
          <DocumentActions document={document} />
        </div>
      </header>
      <Reason document={document} />
      <div className={classes.columns}>
        <DocumentViewer key={document.id} document={document} params={params} />
        <DocumentAside document={document} />
      </div>
    </article>
  );
}

/** One document: what it looks like, what it says, what it is about. */
export function DocumentPage() {
  const { documentId } = route.useParams();
  const params = route.useSearch();
  const { data, error, refetch } = useQuery(documentQuery(documentId));
  useDocumentTitle(data?.title ?? "Document");
  return (
    <>
      <Anchor className={classes.back} renderRoot={(props) => <Link to="/" {...props} />}>
        <IconArrowLeft size={16} aria-hidden /> All documents
      </Anchor>
      {error && !data && asProblem(error).status === 404 && <Missing />}
      {error && !data && asProblem(error).status !== 404 && (
        <ProblemNotice
          title="The document could not be opened"
          error={error}
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && (
        <div className={classes.columns} aria-busy="true">
          <Skeleton height={560} radius="lg" />
          <Skeleton height={360} radius="lg" />
        </div>
      )}
      {data && <Loaded document={data} params={params} />}
    </>
  );
}
