import { expect, type Page, test } from "@playwright/test";
import { HOSTILE } from "./files/corpus";
import { everyRoute, findRow, settle, upload, waitForSummary } from "./pages";

/** Everything a page does that it must not. */
async function watch(page: Page, home: string): Promise<string[]> {
  const faults: string[] = [];
  const own = new URL(home).host;
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (["http:", "https:", "ws:", "wss:"].includes(url.protocol) && url.host !== own) {
      faults.push(`request to ${url.host}`);
    }
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) faults.push(message.text());
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      // biome-ignore lint/suspicious/noConsole: the test listens to the console
      console.error(`Content Security Policy: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  return faults;
}

test("the policy is strict", async ({ request }) => {
  const policy = (await request.get("/")).headers()["content-security-policy"] ?? "";
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  expect(policy).toMatch(/connect-src 'self'(;|$)/);
  expect(policy).toMatch(/worker-src 'self' blob:(;|$)/);
});

test("no page breaks the policy or asks another host for anything", async ({ page, baseURL }) => {
  const routes = await everyRoute(page);
  const faults = await watch(page, baseURL ?? "");
  for (const address of Object.values(routes)) {
    await page.goto(address);
    await settle(page);
  }
  expect(faults).toEqual([]);
});

test("a hostile file runs nothing and calls nobody", async ({ page, request, baseURL }) => {
  const faults = await watch(page, baseURL ?? "");
  await page.goto("/");
  await upload(page, [HOSTILE]);
  await waitForSummary(page, "1 of 1 ready");
  const row = await findRow(page, "onerror");
  await expect(row).toContainText("U+202E");
  await row.getByRole("link").first().click();
  await expect(page.getByText("hostile zeppelin")).toBeVisible();
  const address = new URL(page.url()).pathname;
  await page.goto("/search?q=hostile+zeppelin");
  await expect(page.getByTestId("search-hit").first()).toBeVisible();
  expect(faults).toEqual([]);
  expect((await request.delete(`/api${address}`)).status()).toBe(204);
});
