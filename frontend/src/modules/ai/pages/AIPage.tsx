import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { AdminProblem } from "@/shared/admin/AdminProblem";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { PageHeader } from "@/shared/ui/PageHeader";
import { AIForm } from "../components/AIForm";
import { InForce } from "../components/InForce";
import { aiSettingsQuery } from "../queries/settings";
import classes from "./AIPage.module.css";

/** Who proposes topics, and where the text of documents goes for it. */
export function AIPage() {
  useDocumentTitle("AI");
  const settings = useQuery(aiSettingsQuery);
  return (
    <>
      <PageHeader title="AI" note="Who proposes topics for new documents" />
      {settings.error && !settings.data && (
        <AdminProblem
          title="The AI settings could not be read"
          error={settings.error}
          onRetry={() => void settings.refetch()}
        />
      )}
      {settings.isPending && (
        <div aria-busy="true">
          <Skeleton height={180} radius="lg" mb="lg" />
          <Skeleton height={320} radius="lg" />
        </div>
      )}
      {settings.data && (
        <div className={classes.column}>
          <InForce settings={settings.data} />
          <AIForm settings={settings.data} />
        </div>
      )}
    </>
  );
}
