import { useLocalStorage } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
} from "react";
import { connection } from "@/api/connection";
import { keys } from "@/api/keys";
import { readNews } from "@/api/news";
import { infoQuery } from "@/api/queries/info";
import { UploaderContext } from "@/shared/uploader";
import { DocumentWatcher } from "./queue/documentWatcher";
import { ACTIVE, type UploadItem } from "./queue/item";
import { xhrTransport } from "./queue/transport";
import { UploadQueue } from "./queue/uploadQueue";

interface Uploads {
  queue: UploadQueue;
  autoClassify: boolean;
  setAutoClassify: (on: boolean) => void;
  chooseFolder: () => void;
}

const UploadsContext = createContext<Uploads | null>(null);

export function useUploads(): Uploads {
  const uploads = useContext(UploadsContext);
  if (!uploads) throw new Error("useUploads needs an UploadsProvider above it");
  return uploads;
}

export function useUploadItems(): readonly UploadItem[] {
  const { queue } = useUploads();
  return useSyncExternalStore(queue.subscribe, queue.snapshot);
}

/** Leaving the page would cut off what is still being sent, so the browser asks first. */
function useLeaveWarning(queue: UploadQueue): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (queue.snapshot().some((item) => ACTIVE.has(item.state))) event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [queue]);
}

function useQueue(): UploadQueue {
  const queries = useQueryClient();
  const info = useQuery(infoQuery);
  const queue = useMemo(
    () =>
      new UploadQueue({
        transport: xhrTransport,
        onStored: () => void queries.invalidateQueries({ queryKey: keys.documentLists }),
        onUnreachable: () => connection.reportDown(),
      }),
    [queries],
  );
  queue.maxBytes = info.data?.max_upload_bytes ?? null;
  useEffect(() => connection.onRecovery(() => queue.resume()), [queue]);
  useEffect(() => {
    const watcher = new DocumentWatcher(queue);
    watcher.start();
    const stopReading = readNews({
      onNews: ({ kind, id }) => kind === "document" && watcher.touch(id),
      onGap: () => watcher.touchAll(),
    });
    return () => {
      stopReading();
      watcher.stop();
    };
  }, [queue]);
  return queue;
}

/** Uploads that go on while people walk through the pages. */
export function UploadsProvider({ children }: { children: ReactNode }) {
  const queue = useQueue();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [autoClassify, setAutoClassify] = useLocalStorage({
    key: "docuvault-auto-classify",
    defaultValue: true,
    getInitialValueInEffect: false,
  });
  useLeaveWarning(queue);

  const addFiles = useCallback(
    (chosen: readonly File[]) => queue.add(chosen, autoClassify),
    [queue, autoClassify],
  );
  const uploader = useMemo(
    () => ({ addFiles, chooseFiles: () => files.current?.click() }),
    [addFiles],
  );
  const uploads = useMemo(
    () => ({ queue, autoClassify, setAutoClassify, chooseFolder: () => folder.current?.click() }),
    [queue, autoClassify, setAutoClassify],
  );
  const take = (input: HTMLInputElement) => {
    addFiles([...(input.files ?? [])]);
    // The same files may be chosen again.
    input.value = "";
  };
  const hidden = { type: "file", multiple: true, hidden: true, tabIndex: -1 } as const;
  return (
    <UploaderContext value={uploader}>
      <UploadsContext value={uploads}>
        {children}
        <input
          {...hidden}
          ref={files}
          aria-label="Files to upload"
          data-testid="file-input"
          onChange={(event) => take(event.currentTarget)}
        />
        <input
          {...hidden}
          ref={folder}
          aria-label="Folder to upload"
          {...{ webkitdirectory: "" }}
          onChange={(event) => take(event.currentTarget)}
        />
      </UploadsContext>
    </UploaderContext>
  );
}
