import type { ErrorComponentProps } from "@tanstack/react-router";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { PageHeader } from "@/shared/ui/PageHeader";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";

/** For a page that broke while it was drawn. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  useDocumentTitle("Something went wrong");
  return (
    <>
      <PageHeader title="This page could not be shown" />
      <ProblemNotice error={error} onRetry={reset} />
    </>
  );
}
