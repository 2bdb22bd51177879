import { Checkbox, CloseButton, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { topicsQuery } from "@/api/queries/topics";
import { FAMILIES, SORTS, STATUSES } from "@/api/types";
import { FAMILY_NAMES } from "@/shared/format/documents";
import { oneOf } from "@/shared/search-params";
import type { DocumentListParams } from "../pages/searchParams";
import classes from "./DocumentFilters.module.css";

const STATUS_NAMES = {
  pending: "Waiting",
  processing: "Being processed",
  ready: "Ready",
  failed: "Failed",
};
const SORT_NAMES = {
  "-created_at": "Newest first",
  created_at: "Oldest first",
  title: "Title A to Z",
  "-title": "Title Z to A",
};
const named = <T extends string>(values: readonly T[], names: Record<T, string>) =>
  values.map((value) => ({ value, label: names[value] }));

interface DocumentFiltersProps {
  params: DocumentListParams;
  onChange: (changes: DocumentListParams) => void;
}

function NameFilter({ params, onChange }: DocumentFiltersProps) {
  const given = params.q ?? "";
  const [value, setValue] = useState(given);
  const send = useDebouncedCallback((q: string) => onChange({ q: q.trim() || undefined }), 300);
  useEffect(() => setValue((typed) => (typed.trim() === given ? typed : given)), [given]);
  const type = (next: string) => {
    setValue(next);
    send(next);
  };
  return (
    <TextInput
      className={classes.name}
      aria-label="Filter by name"
      placeholder="Filter by name"
      leftSection={<IconFilter size={16} aria-hidden />}
      rightSection={
        value && <CloseButton size="sm" aria-label="Clear the name" onClick={() => type("")} />
      }
      value={value}
      onChange={(event) => type(event.currentTarget.value)}
    />
  );
}

/** What narrows the list down and how it is sorted; all of it lives in the address. */
export function DocumentFilters({ params, onChange }: DocumentFiltersProps) {
  const topics = useQuery(topicsQuery);
  const clear = (label: string) => ({ clearButtonProps: { "aria-label": `Any ${label}` } });
  return (
    <section className={classes.filters} aria-label="Filter documents">
      <NameFilter params={params} onChange={onChange} />
      <Select
        aria-label="Topic"
        placeholder="Any topic"
        data={(topics.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={params.topic ?? null}
        onChange={(topic) => onChange({ topic: topic ?? undefined })}
        searchable
        clearable
        {...clear("topic")}
      />
      <Select
        aria-label="Type"
        placeholder="Any type"
        data={named(FAMILIES, FAMILY_NAMES)}
        value={params.type ?? null}
        onChange={(type) => onChange({ type: oneOf(type, FAMILIES) })}
        clearable
        {...clear("type")}
      />
      <Select
        aria-label="Status"
        placeholder="Any status"
        data={named(STATUSES, STATUS_NAMES)}
        value={params.status ?? null}
        onChange={(status) => onChange({ status: oneOf(status, STATUSES) })}
        clearable
        {...clear("status")}
      />
      <Checkbox
        className={classes.review}
        label="Needs review"
        checked={params.review === true}
        onChange={(event) => onChange({ review: event.currentTarget.checked || undefined })}
      />
      <Select
        aria-label="Sort"
        data={named(SORTS, SORT_NAMES)}
        value={params.sort ?? "-created_at"}
        allowDeselect={false}
        onChange={(sort) =>
          onChange({ sort: sort === "-created_at" ? undefined : oneOf(sort, SORTS) })
        }
      />
    </section>
  );
}
