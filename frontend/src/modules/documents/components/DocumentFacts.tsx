import { ActionIcon, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { DocumentDetail } from "@/api/types";
import { FAMILY_NAMES } from "@/shared/format/documents";
import { formatBytes, formatCount } from "@/shared/format/quantity";
import { formatMoment } from "@/shared/format/time";
import { visibleText } from "@/shared/text/visible";
import { FileName } from "@/shared/ui/FileName";
import classes from "./DocumentFacts.module.css";

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function CopyHash({ value }: { value: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <ActionIcon
          size="sm"
          variant="subtle"
          color="gray"
          onClick={copy}
          aria-label={copied ? "Copied" : "Copy the SHA-256"}
        >
          {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
        </ActionIcon>
      )}
    </CopyButton>
  );
}

const label = (name: string) => {
  const words = visibleText(name).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** Everything that is known about the file. */
export function DocumentFacts({ document }: { document: DocumentDetail }) {
  return (
    <dl className={classes.facts}>
      <Fact name="File">
        <FileName name={document.original_name} />
      </Fact>
      <Fact name="Type">
        {FAMILY_NAMES[document.family]}
        <span className={classes.small}>{document.media_type}</span>
      </Fact>
      <Fact name="Size">{formatBytes(document.size_bytes)}</Fact>
      {document.page_count !== null && <Fact name="Pages">{formatCount(document.page_count)}</Fact>}
      {document.character_count !== null && (
        <Fact name="Characters">{formatCount(document.character_count)}</Fact>
      )}
      <Fact name="Added">{formatMoment(document.created_at)}</Fact>
      <Fact name="Changed">{formatMoment(document.updated_at)}</Fact>
      {Object.entries(document.metadata).map(([name, value]) => (
        <Fact key={name} name={label(name)}>
          <FileName name={value} />
        </Fact>
      ))}
      <Fact name="SHA-256">
        <span className={classes.hash}>
          <code title={document.sha256}>{document.sha256}</code>
          <CopyHash value={document.sha256} />
        </span>
      </Fact>
    </dl>
  );
}
