import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Status } from "@/api/types";
import { formatDuration } from "@/shared/format/time";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { Ago } from "@/shared/ui/Ago";
import { PageHeader } from "@/shared/ui/PageHeader";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import { ModeHistory } from "../components/ModeHistory";
import { ModeSection } from "../components/ModeSection";
import { Parts } from "../components/Parts";
import { Queue } from "../components/Queue";
import { Summary } from "../components/Summary";
import { statusQuery } from "../queries/status";

const REFRESH_MS = 10_000;

interface ReadingProps {
  status: Status;
  at: number;
  stale: boolean;
}

function Reading({ status, at, stale }: ReadingProps) {
  return (
    <>
      Version {status.version}, running for {formatDuration(status.uptime_seconds)}. Read{" "}
      <Ago at={new Date(at).toISOString()} />
      {stale ? "; nothing newer could be read since." : "."}
    </>
  );
}

/** How the vault is doing: its parts, the work that waits, and how much is done. */
export function StatusPage() {
  useDocumentTitle("Status");
  const { data, error, isPending, dataUpdatedAt, refetch } = useQuery({
    ...statusQuery,
    refetchInterval: REFRESH_MS,
  });
  return (
    <>
      <PageHeader
        title="Status"
        note={data && <Reading status={data} at={dataUpdatedAt} stale={error !== null} />}
      />
      {error && !data && (
        <ProblemNotice
          title="The status could not be read"
          error={error}
          onRetry={() => void refetch()}
        />
      )}
      {isPending && (
        <div aria-busy="true">
          <Skeleton height={52} radius="md" mb="md" />
          <Skeleton height={380} radius="lg" mb="md" />
          <Skeleton height={130} radius="lg" />
        </div>
      )}
      {data && (
        <>
          <Summary status={data} />
          <Parts parts={data.components} />
          <Queue queue={data.queue} />
          <ModeSection status={data} />
          <ModeHistory transitions={data.transitions} />
        </>
      )}
    </>
  );
}
