import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const FOLDERS = ["cmaps", "standard_fonts", "wasm"];

function pdfjsRoot(): { root: string; version: string } {
  const require = createRequire(createRequire(import.meta.url).resolve("react-pdf"));
  const manifest = require.resolve("pdfjs-dist/package.json");
  return { root: dirname(manifest), version: JSON.parse(readFileSync(manifest, "utf8")).version };
}

/** Serves the character maps, fonts and decoders of pdf.js from our own origin. */
export function pdfjsAssets(): Plugin {
  const { root, version } = pdfjsRoot();
  const base = `assets/pdfjs-${version}`;
  // The CSP forbids WebAssembly, so pdf.js is told to use its JavaScript decoder.
  const shipped = (name: string) => !name.endsWith(".wasm");
  return {
    name: "pdfjs-assets",
    config: () => ({ define: { __PDFJS_ASSETS__: JSON.stringify(`/${base}/`) } }),
    configureServer(server) {
      server.middlewares.use(`/${base}`, (request, response, next) => {
        const [, folder = "", file = ""] = (request.url ?? "").split("?")[0]?.split("/") ?? [];
        if (!FOLDERS.includes(folder) || !/^[\w.-]+$/.test(file)) return next();
        if (file.endsWith(".js")) response.setHeader("Content-Type", "text/javascript");
        createReadStream(join(root, folder, file))
          .on("error", next)
          .pipe(response);
      });
    },
    generateBundle() {
      for (const folder of FOLDERS) {
        for (const file of readdirSync(join(root, folder)).filter(shipped)) {
          this.emitFile({
            type: "asset",
            fileName: `${base}/${folder}/${file}`,
            source: readFileSync(join(root, folder, file)),
          });
        }
      }
    },
  };
}
