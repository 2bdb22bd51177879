import { ActionIcon } from "@mantine/core";
import { IconKeyboard } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { SearchBox } from "@/modules/search/components/SearchBox";
import { UploadButton } from "@/modules/uploads/components/UploadButton";
import { Logo } from "@/shared/ui/Logo";
import { ColorSchemeToggle } from "./ColorSchemeToggle";
import classes from "./Header.module.css";

/** The line on top of every page. */
export function Header({ onHelp }: { onHelp: () => void }) {
  return (
    <header className={classes.header}>
      <Link to="/" className={classes.brand} aria-label="DocuVault, all documents">
        <Logo size={32} />
      </Link>
      <SearchBox />
      <div className={classes.tools}>
        <div className={classes.wide}>
          <UploadButton />
        </div>
        <ColorSchemeToggle />
        <ActionIcon
          className={classes.wide}
          variant="subtle"
          color="gray"
          size={36}
          aria-label="Keyboard shortcuts"
          aria-keyshortcuts="?"
          onClick={onHelp}
        >
          <IconKeyboard size={20} stroke={1.7} aria-hidden />
        </ActionIcon>
      </div>
    </header>
  );
}
