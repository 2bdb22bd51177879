import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/** After a walk to another page the focus goes to its content, unless somebody is typing. */
export function useRouteFocus(mainId: string): void {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const before = useRef<string | undefined>(undefined);
  useEffect(() => {
    const walked = before.current !== undefined && path !== undefined && before.current !== path;
    before.current = path;
    if (!walked || document.activeElement instanceof HTMLInputElement) return;
    document.getElementById(mainId)?.focus({ preventScroll: true });
  }, [path, mainId]);
}
