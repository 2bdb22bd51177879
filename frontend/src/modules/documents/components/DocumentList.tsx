import { Button, Pagination } from "@mantine/core";
import { IconFilesOff, IconFileUpload, IconUpload } from "@tabler/icons-react";
import type { DocumentPage } from "@/api/types";
import { EmptyPanel } from "@/shared/ui/EmptyPanel";
import surface from "@/shared/ui/Surface.module.css";
import { useUploader } from "@/shared/uploader";
import classes from "./DocumentList.module.css";
import { DocumentRow } from "./DocumentRow";

function FirstDrop() {
  const { chooseFiles } = useUploader();
  return (
    <EmptyPanel
      icon={<IconFileUpload size={34} stroke={1.6} />}
      title="Drop your first documents here"
      actions={
        <Button leftSection={<IconUpload size={16} aria-hidden />} onClick={chooseFiles}>
          Choose files
        </Button>
      }
    >
      PDFs, Office files, e-mails, text, scans and photos: drop them anywhere in this window, many
      at once if you like. DocuVault keeps the originals, reads them, sorts them by topic and lets
      you find them by what they mean.
    </EmptyPanel>
  );
}

interface DocumentListProps {
  data: DocumentPage;
  filtered: boolean;
  onPage: (page: number) => void;
  onClear: () => void;
}

/** The rows of one page of the list, or what to do when there are none. */
export function DocumentList({ data, filtered, onPage, onClear }: DocumentListProps) {
  if (data.items.length === 0 && !filtered && data.total === 0) return <FirstDrop />;
  if (data.items.length === 0) {
    return (
      <EmptyPanel
        icon={<IconFilesOff size={32} stroke={1.6} />}
        title="Nothing matches these filters"
        actions={
          <Button variant="default" onClick={onClear}>
            Show all documents
          </Button>
        }
      >
        The filter by name looks at titles and file names only. To look inside documents, use the
        search at the top.
      </EmptyPanel>
    );
  }
  const pages = Math.ceil(data.total / data.per_page);
  return (
    <>
      <ul className={`${surface.surface} ${classes.list}`} aria-label="Documents">
        {data.items.map((document) => (
          <DocumentRow key={document.id} document={document} />
        ))}
      </ul>
      {pages > 1 && (
        <nav aria-label="Pages of the list" className={classes.pages}>
          <Pagination
            total={pages}
            value={data.page ?? 1}
            onChange={onPage}
            getControlProps={(control) => ({ "aria-label": `${control} page` })}
            getItemProps={(page) => ({ "aria-label": `Page ${page}` })}
          />
        </nav>
      )}
    </>
  );
}
