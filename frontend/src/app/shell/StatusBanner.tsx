import { CloseButton } from "@mantine/core";
import { useSessionStorage } from "@mantine/hooks";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import { connection } from "@/api/connection";
import type { Notice, Status } from "@/api/types";
import { announce } from "@/modules/status/notices";
import { statusQuery } from "@/modules/status/queries/status";
import classes from "./StatusBanner.module.css";
import { useHeldWhileBusy } from "./useHeldWhileBusy";

const WELL_MS = 30_000;
const ILL_MS = 10_000;
const REGION_ID = "status-banner";
const NONE: readonly Notice[] = [];

/** The notices that somebody closed; one that ends and comes again is a new one. */
function useClosed(status: Status | undefined) {
  const [closed, setClosed] = useSessionStorage<string[]>({
    key: "docuvault-closed-notices",
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  useEffect(() => {
    if (!status) return;
    const lasting = closed.filter((code) => status.notices.some((notice) => notice.code === code));
    if (lasting.length < closed.length) setClosed(lasting);
  }, [status, closed, setClosed]);
  return [closed, setClosed] as const;
}

/** Whether the page that is open tells of this itself. */
function useToldByPage(): (notice: Notice) => boolean {
  const page = useRouterState({ select: ({ location }) => location.pathname });
  const searching = useRouterState({
    select: ({ location }) => location.pathname === "/search" && "q" in location.search,
  });
  return ({ code }) => page === "/status" || (searching && code === "vectors_unhealthy");
}

/** Says on every page, in few words, what does not work now and what still does. */
export function StatusBanner({ mainId }: { mainId: string }) {
  const { data: status } = useQuery({
    ...statusQuery,
    refetchInterval: ({ state }) => (state.data?.notices.length ? ILL_MS : WELL_MS),
  });
  const down = useSyncExternalStore(connection.subscribe, connection.isDown);
  const [closed, setClosed] = useClosed(status);
  const isTold = useToldByPage();
  const shown = useHeldWhileBusy(status, `#${REGION_ID}`);
  const open = (shown?.notices ?? NONE).filter(
    (notice) => !closed.includes(notice.code) && !isTold(notice),
  );
  const found = shown && !down ? announce(shown, open) : null;

  function close(): void {
    setClosed([...closed, ...open.map(({ code }) => code)]);
    document.getElementById(mainId)?.focus({ preventScroll: true });
  }

  return (
    <div id={REGION_ID} role="status">
      {found && (
        <div className={classes.banner} data-severe={found.severe || undefined}>
          <IconInfoCircle size={18} aria-hidden className={classes.icon} />
          <span className={classes.words}>
            {found.words}{" "}
            <Link to="/status" className={classes.link}>
              {found.others > 0 ? `Status, ${found.others} more` : "Status"}
            </Link>
          </span>
          <CloseButton size="sm" aria-label="Close this notice" onClick={close} />
        </div>
      )}
    </div>
  );
}
