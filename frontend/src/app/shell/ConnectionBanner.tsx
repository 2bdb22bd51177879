import { Button } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useSyncExternalStore } from "react";
import { connection } from "@/api/connection";
import classes from "./ConnectionBanner.module.css";

/** Says that the server is away; it is asked again by itself. */
export function ConnectionBanner() {
  const down = useSyncExternalStore(connection.subscribe, connection.isDown);
  return (
    <div role="status">
      {down && (
        <div className={classes.banner}>
          <IconPlugConnectedX size={18} aria-hidden />
          <span>
            DocuVault cannot be reached just now. This page goes on by itself as soon as it is back.
          </span>
          <Button size="compact-xs" variant="default" onClick={() => void connection.probe()}>
            Try now
          </Button>
        </div>
      )}
    </div>
  );
}
