import { useEffect } from "react";
import { visibleText } from "../text/visible";

/** Names the browser tab after the page. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${visibleText(title)} · DocuVault`;
  }, [title]);
}
