import workerUrl from "pdfjs-dist/build/pdf.worker.min.mjs?url";
import { pdfjs } from "react-pdf";

pdfjs.GlobalWorkerOptions.workerSrc = workerUrl;

/** Everything pdf.js needs comes from our own origin, and it evaluates no code of a file. */
export const PDF_OPTIONS = {
  cMapUrl: `${__PDFJS_ASSETS__}cmaps/`,
  cMapPacked: true,
  standardFontDataUrl: `${__PDFJS_ASSETS__}standard_fonts/`,
  wasmUrl: `${__PDFJS_ASSETS__}wasm/`,
  useWasm: false,
  isEvalSupported: false,
  enableXfa: false,
  disableAutoFetch: true,
  verbosity: 0,
} as const;
