import { describe, expect, it } from "vitest";
import { droppedFiles } from "./dropped";

const fileEntry = (name: string) => ({
  isFile: true,
  file: (resolve: (file: File) => void) => resolve(new File(["x"], name)),
});

function folderEntry(batches: object[][]) {
  const left = [...batches];
  return {
    isFile: false,
    createReader: () => ({
      readEntries: (resolve: (batch: object[]) => void) => resolve(left.shift() ?? []),
    }),
  };
}

const transfer = (files: File[], entries: (object | null)[]) =>
  ({
    files,
    items: entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry })),
  }) as unknown as DataTransfer;

describe("droppedFiles", () => {
  it("walks folders within folders to their end, batch by batch", async () => {
    const inner = folderEntry([[fileEntry("c")]]);
    const folder = folderEntry([[fileEntry("a"), inner], [fileEntry("b")]]);
    const found = await droppedFiles(transfer([], [folder, fileEntry("d")]));
    expect(found.map((file) => file.name)).toEqual(["a", "c", "b", "d"]);
  });

  it("takes plain files as they are", async () => {
    const files = [new File(["x"], "a"), new File(["y"], "b")];
    expect(await droppedFiles(transfer(files, [fileEntry("a"), null]))).toEqual(files);
  });
});
