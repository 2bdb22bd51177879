/** Whether a drag brings files (and not text or a link of the page). */
export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") ?? false;
}

function readBatch(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

function readFile(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function filesBelow(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) return [await readFile(entry as FileSystemFileEntry)];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  // A reader hands out about a hundred entries at a time, then an empty batch.
  for (let batch = await readBatch(reader); batch.length > 0; batch = await readBatch(reader)) {
    for (const child of batch) files.push(...(await filesBelow(child)));
  }
  return files;
}

/** All files of a drop, those inside folders too. Must be called within the drop event. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // Entries and files are gone once the event is over, so both are taken before the first wait.
  const plain = [...transfer.files];
  const entries = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.length === 0 || entries.some((entry) => entry === null)) return plain;
  if (entries.every((entry) => entry?.isFile)) return plain;
  const found: File[] = [];
  for (const entry of entries) if (entry) found.push(...(await filesBelow(entry)));
  return found;
}
