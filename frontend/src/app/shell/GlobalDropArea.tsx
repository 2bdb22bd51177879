import { IconCloudUpload } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { carriesFiles, droppedFiles } from "@/shared/files/dropped";
import { useUploader } from "@/shared/uploader";
import classes from "./GlobalDropArea.module.css";

/** Takes files that are dropped anywhere in the window. */
export function GlobalDropArea() {
  const { addFiles } = useUploader();
  const [dragging, setDragging] = useState(false);

  useEffect(() => {
    // Entering a child comes before leaving its parent, so only the balance tells.
    let depth = 0;
    const set = (next: number) => {
      depth = Math.max(0, next);
      setDragging(depth > 0);
    };
    const enter = (event: DragEvent) => carriesFiles(event.dataTransfer) && set(depth + 1);
    const leave = (event: DragEvent) => carriesFiles(event.dataTransfer) && set(depth - 1);
    const over = (event: DragEvent) => {
      if (!carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    };
    const drop = (event: DragEvent) => {
      set(0);
      if (!event.dataTransfer || !carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      void droppedFiles(event.dataTransfer).then(addFiles);
    };
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("dragover", over);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("dragover", over);
      window.removeEventListener("drop", drop);
    };
  }, [addFiles]);

  if (!dragging) return null;
  return (
    <div className={classes.overlay} data-testid="drop-overlay">
      <div className={classes.message}>
        <IconCloudUpload size={56} stroke={1.4} aria-hidden />
        <strong>Drop to keep in your vault</strong>
        <span>Files and whole folders, as many as you like</span>
      </div>
    </div>
  );
}
