/// <reference types="vite/client" />

/** Address below which the character maps, fonts and decoders of pdf.js are served. */
declare const __PDFJS_ASSETS__: string;
