import { SegmentedControl, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { topicsQuery } from "@/api/queries/topics";
import { FAMILIES, SEARCH_MODES, type SearchMode } from "@/api/types";
import { FAMILY_NAMES } from "@/shared/format/documents";
import { oneOf } from "@/shared/search-params";
import type { SearchParams } from "../pages/searchParams";
import classes from "./SearchFilters.module.css";

const MODE_NAMES: Record<SearchMode, string> = {
  hybrid: "Everything",
  meaning: "Meaning",
  words: "Words",
  exact: "Exact text",
};

const MODE_HINTS: Record<SearchMode, string> = {
  hybrid: "Combines all three ways and puts the best on top.",
  meaning: "Finds passages that mean the same, even without a shared word.",
  words: "Finds passages with your words, the rare ones count most.",
  exact: "Finds the text just as you wrote it, with “quotes” for phrases.",
};

interface SearchFiltersProps {
  params: SearchParams;
  onChange: (changes: SearchParams) => void;
}

/** How to search and in what; all of it lives in the address. */
export function SearchFilters({ params, onChange }: SearchFiltersProps) {
  const topics = useQuery(topicsQuery);
  const mode = params.mode ?? "hybrid";
  return (
    <div className={classes.filters}>
      <div className={classes.mode}>
        <SegmentedControl
          aria-label="How to search"
          fullWidth
          data={SEARCH_MODES.map((value) => ({ value, label: MODE_NAMES[value] }))}
          value={mode}
          onChange={(value) =>
            onChange({ mode: value === "hybrid" ? undefined : oneOf(value, SEARCH_MODES) })
          }
        />
        <p className={classes.hint}>{MODE_HINTS[mode]}</p>
      </div>
      <div className={classes.narrow}>
        <Select
          aria-label="Topic"
          placeholder="Any topic"
          data={(topics.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={params.topic ?? null}
          onChange={(topic) => onChange({ topic: topic ?? undefined })}
          searchable
          clearable
          clearButtonProps={{ "aria-label": "Any topic" }}
        />
        <Select
          aria-label="Type"
          placeholder="Any type"
          data={FAMILIES.map((value) => ({ value, label: FAMILY_NAMES[value] }))}
          value={params.type ?? null}
          onChange={(type) => onChange({ type: oneOf(type, FAMILIES) })}
          clearable
          clearButtonProps={{ "aria-label": "Any type" }}
        />
        <TextInput
          type="date"
          aria-label="Added on or after"
          leftSection={<span className={classes.when}>from</span>}
          leftSectionWidth={50}
          max={params.to}
          value={params.from ?? ""}
          onChange={(event) => onChange({ from: event.currentTarget.value || undefined })}
        />
        <TextInput
          type="date"
          aria-label="Added on or before"
          leftSection={<span className={classes.when}>to</span>}
          leftSectionWidth={34}
          min={params.from}
          value={params.to ?? ""}
          onChange={(event) => onChange({ to: event.currentTarget.value || undefined })}
        />
      </div>
    </div>
  );
}
