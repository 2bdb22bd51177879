import { useEffect, useState } from "react";

const TYPING = "#main :is(input, textarea, select, [contenteditable], [role=combobox])";

/**
 * The latest value, held back while somebody types in the page or stands within `region`:
 * nothing moves away under them, and no focus is lost.
 */
export function useHeldWhileBusy<T>(value: T, region: string): T {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    const busy = (element: EventTarget | null) =>
      element instanceof Element && element.closest(`${TYPING}, ${region}`) !== null;
    if (!busy(document.activeElement)) {
      setShown(value);
      return;
    }
    const leave = (event: FocusEvent) => {
      if (!busy(event.relatedTarget)) setShown(value);
    };
    document.addEventListener("focusout", leave);
    return () => document.removeEventListener("focusout", leave);
  }, [value, region]);
  return shown;
}
