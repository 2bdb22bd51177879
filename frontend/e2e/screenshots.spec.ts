import { resolve } from "node:path";
import { test } from "@playwright/test";
import { everyRoute, settle } from "./pages";

const FOLDER = resolve(import.meta.dirname, "../../docs/screenshots");
const SHOWN = ["documents", "document", "search", "topics", "status"];
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };

test.skip(process.env.SCREENSHOTS !== "1", "only taken when SCREENSHOTS=1");

for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`screenshots, ${colorScheme}, ${size}`, async ({ browser, baseURL }) => {
      const page = await browser.newPage({ baseURL: baseURL ?? "", colorScheme, viewport });
      const routes = await everyRoute(page);
      for (const name of SHOWN) {
        await page.goto(routes[name] ?? "/");
        await settle(page);
        await page.screenshot({ path: resolve(FOLDER, `${name}-${colorScheme}-${size}.png`) });
      }
      await page.close();
    });
  }
}
