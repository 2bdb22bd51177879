import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { pdfjsAssets } from "./build/pdfjsAssets.ts";

// The API checks by which name it was asked, so the browser's own Host has to arrive there.
const backend = { target: process.env.API_ORIGIN ?? "http://127.0.0.1:8000", changeOrigin: false };

export default defineConfig({
  plugins: [react(), pdfjsAssets()],
  resolve: { tsconfigPaths: true },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { "/api": backend, "/health": backend },
  },
  build: {
    target: "es2023",
    // Inlined files would be data: addresses, which the CSP allows for images only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // Some servers do not know .mjs as JavaScript, and workers insist on the right type.
        assetFileNames: (asset) =>
          asset.names.some((name) => name.endsWith(".mjs"))
            ? "assets/[name]-[hash].js"
            : "assets/[name]-[hash][extname]",
      },
    },
  },
});
