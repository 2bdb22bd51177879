import { createContext, useContext } from "react";

/** What every page may ask of the uploads. */
export interface Uploader {
  addFiles(files: readonly File[]): void;
  /** Opens the browser's file dialog. */
  chooseFiles(): void;
}

export const UploaderContext = createContext<Uploader | null>(null);

export function useUploader(): Uploader {
  const uploader = useContext(UploaderContext);
  if (!uploader) throw new Error("useUploader needs an UploaderContext above it");
  return uploader;
}
