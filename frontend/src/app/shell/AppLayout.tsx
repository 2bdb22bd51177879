import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { SEARCH_BOX_ID } from "@/modules/search/components/SearchBox";
import { UploadPanel } from "@/modules/uploads/components/UploadPanel";
import { useUploader } from "@/shared/uploader";
import { useLiveUpdates } from "../useLiveUpdates";
import classes from "./AppLayout.module.css";
import { BottomBar } from "./BottomBar";
import { ConnectionBanner } from "./ConnectionBanner";
import { GlobalDropArea } from "./GlobalDropArea";
import { Header } from "./Header";
import { KeyboardHelp } from "./KeyboardHelp";
import { Navigation } from "./Navigation";
import { StatusBanner } from "./StatusBanner";
import { useRouteFocus } from "./useRouteFocus";
import { moveAlongRows, useShortcuts } from "./useShortcuts";

const MAIN_ID = "main";

/** What stands around every page. */
export function AppLayout() {
  const navigate = useNavigate();
  const { chooseFiles } = useUploader();
  const [helping, help] = useDisclosure(false);
  const [shortcutsOn, setShortcutsOn] = useLocalStorage({
    key: "docuvault-shortcuts",
    defaultValue: true,
    getInitialValueInEffect: false,
  });
  useLiveUpdates();
  useRouteFocus(MAIN_ID);
  const shortcuts = useMemo(
    () => ({
      "/": () => document.getElementById(SEARCH_BOX_ID)?.focus(),
      "?": help.open,
      u: chooseFiles,
      d: () => void navigate({ to: "/" }),
      t: () => void navigate({ to: "/topics" }),
      j: () => moveAlongRows(1),
      k: () => moveAlongRows(-1),
    }),
    [navigate, chooseFiles, help.open],
  );
  useShortcuts(shortcuts, shortcutsOn);
  return (
    <div className={classes.layout}>
      <a href={`#${MAIN_ID}`} className={classes.skip}>
        Skip to the content
      </a>
      <Navigation />
      <div className={classes.column}>
        <Header onHelp={help.open} />
        <ConnectionBanner />
        <StatusBanner mainId={MAIN_ID} />
        <main id={MAIN_ID} tabIndex={-1} className={classes.main}>
          <Outlet />
        </main>
      </div>
      <BottomBar />
      <UploadPanel />
      <GlobalDropArea />
      <KeyboardHelp
        opened={helping}
        onClose={help.close}
        enabled={shortcutsOn}
        onEnabled={setShortcutsOn}
      />
    </div>
  );
}
