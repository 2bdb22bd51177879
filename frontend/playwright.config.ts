import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { defineConfig } from "@playwright/test";

const FREE_PORT =
  "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})";

// This file is read again in every worker, which inherits what the first reading decided.
if (!process.env.BASE_URL) {
  process.env.E2E_PORT ??= execFileSync(process.execPath, ["-e", FREE_PORT]).toString().trim();
  process.env.E2E_DATA_DIR ??= mkdtempSync(join(tmpdir(), "docuvault-e2e-"));
  // Known to this run only.
  process.env.E2E_WEBHOOK_SECRET ??= randomUUID();
}
const RESULTS = resolve(import.meta.dirname, "../build/e2e");
const SERVER_LOG = join(RESULTS, "server.log");
mkdirSync(RESULTS, { recursive: true });
const baseURL = process.env.BASE_URL ?? `http://127.0.0.1:${process.env.E2E_PORT}`;

/** Starts the product as a user would and uses it; BASE_URL names one that runs already. */
export default defineConfig({
  testDir: "e2e",
  // A test that failed leaves its trace here.
  outputDir: join(RESULTS, "failures"),
  timeout: 480_000,
  expect: { timeout: 60_000 },
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  reporter: process.env.E2E_JUNIT
    ? [["list"], ["junit", { outputFile: process.env.E2E_JUNIT }]]
    : [["list"]],
  globalTeardown: "./e2e/teardown.ts",
  use: {
    baseURL,
    locale: "en-GB",
    trace: { mode: "retain-on-failure", screenshots: false },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "vault", testMatch: "vault.spec.ts" },
    // These look at every page of the vault that the first project has filled, and change nothing.
    {
      name: "pages",
      testMatch: "accessibility.spec.ts",
      dependencies: ["vault"],
      fullyParallel: true,
    },
    // A hostile file comes into the vault and goes.
    {
      name: "privacy",
      testMatch: "privacy.spec.ts",
      dependencies: ["pages"],
      fullyParallel: true,
    },
    { name: "screenshots", testMatch: "screenshots.spec.ts", dependencies: ["privacy"] },
    // An alarm sounds, which every page tells of, so nobody else looks at them then.
    { name: "status", testMatch: "status.spec.ts", dependencies: ["screenshots"] },
  ],
  ...(!process.env.BASE_URL && {
    webServer: {
      command: `make run PORT=${process.env.E2E_PORT} >"${SERVER_LOG}" 2>&1`,
      cwd: resolve(import.meta.dirname, ".."),
      url: `${baseURL}/health/ready`,
      env: {
        DOCUVAULT_DATA_DIR: process.env.E2E_DATA_DIR ?? "",
        DOCUVAULT_HEALTH__WEBHOOK_SECRET: process.env.E2E_WEBHOOK_SECRET ?? "",
      },
      timeout: 900_000,
      gracefulShutdown: { signal: "SIGTERM", timeout: 20_000 },
    },
  }),
});
