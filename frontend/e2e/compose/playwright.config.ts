import { defineConfig } from "@playwright/test";
import vault from "../../playwright.config";

/** The short way through a stack that runs already, named by BASE_URL; see backend/tests/compose. */
export default defineConfig({
  ...vault,
  testDir: ".",
  globalTeardown: undefined,
  projects: [{ name: "stack", testMatch: "stack.spec.ts" }],
});
