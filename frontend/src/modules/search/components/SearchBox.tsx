import { CloseButton, Kbd, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { parseSearchParams } from "../pages/searchParams";
import classes from "./SearchBox.module.css";

/** The element that the key "/" goes to. */
export const SEARCH_BOX_ID = "search-box";

/** The box on top of every page; on the results page it shows what was asked. */
export function SearchBox() {
  const navigate = useNavigate();
  const location = useRouterState({ select: (state) => state.location });
  const onResults = location.pathname === "/search";
  const params = onResults ? parseSearchParams(location.search) : {};
  const asked = params.q ?? "";
  const [words, setWords] = useState(asked);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => setWords(asked), [asked]);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const q = words.trim();
    if (q) void navigate({ to: "/search", search: { ...params, q } });
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a form must be there anyway, and it can be the landmark
    <form role="search" className={classes.search} onSubmit={submit}>
      <TextInput
        id={SEARCH_BOX_ID}
        ref={box}
        type="search"
        enterKeyHint="search"
        autoComplete="off"
        aria-label="Search all documents"
        aria-keyshortcuts="/"
        placeholder="Search by words or meaning"
        maxLength={1000}
        leftSection={<IconSearch size={18} aria-hidden />}
        rightSectionWidth={40}
        rightSection={
          words ? (
            <CloseButton
              size="sm"
              aria-label="Clear the search"
              onClick={() => {
                setWords("");
                box.current?.focus();
              }}
            />
          ) : (
            <Kbd size="xs" className={classes.key} aria-hidden>
              /
            </Kbd>
          )
        }
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
    </form>
  );
}
