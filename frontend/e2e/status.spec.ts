import { expect, type Page, test } from "@playwright/test";
import { settle } from "./pages";

test.describe.configure({ mode: "serial" });

const SECRET = process.env.E2E_WEBHOOK_SECRET ?? "";
const PARTS = ["Database", "Stored files", "Search by meaning", "Processing", "Waiting work"];
// A vault that runs already may keep nothing on a disk of its own.
const OWN_PARTS = process.env.BASE_URL ? [] : ["Room on the disk"];
const NOTICE = "cellar-pump (Datadog): Datadog reports an outage here.";

/** What a monitoring service outside would send. */
async function tellOfPump(page: Page, transition: "Triggered" | "Recovered"): Promise<void> {
  const answer = await page.request.post("/api/webhooks/datadog", {
    headers: { "X-DocuVault-Webhook-Secret": SECRET },
    data: { title: "Pump", component: "Cellar pump", alert_transition: transition },
  });
  expect(answer.status()).toBe(204);
}

test("the parts of this vault are shown, and the mode", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Status" }).first().click();
  await settle(page);
  await expect(page.getByRole("heading", { level: 1, name: "Status" })).toBeVisible();
  for (const name of [...PARTS, ...OWN_PARTS]) {
    await expect(page.getByRole("row", { name: new RegExp(`^${name}`) })).toContainText("OK");
  }
  await expect(page.getByRole("region", { name: "Work" })).toContainText("Steps waiting");
  await expect(page.getByText("Everything", { exact: true })).toBeVisible();
});

test("every page tells of an alarm until it is lifted", async ({ page }) => {
  test.skip(SECRET === "", "a running vault keeps its secret to itself");
  const notice = page.getByText(NOTICE);
  await tellOfPump(page, "Triggered");
  await page.goto("/topics");
  await settle(page);
  await expect(notice).toBeVisible();

  await page.getByRole("button", { name: "Close this notice" }).click();
  await expect(notice).toHaveCount(0);
  await page.reload();
  await settle(page);
  await page.getByRole("link", { name: "Status" }).first().click();
  await expect(page.getByRole("row", { name: /^cellar-pump/ })).toContainText("Does not work");

  const other = await page.context().newPage();
  await other.goto("/");
  await expect(other.getByText(NOTICE)).toBeVisible();
  await tellOfPump(page, "Recovered");
  await expect(other.getByText(NOTICE)).toHaveCount(0);
  await expect(page.getByRole("row", { name: /^cellar-pump/ })).toHaveCount(0);
});

test("a mode that was set by hand is told, and taken back", async ({ page }) => {
  test.skip(SECRET === "", "a running vault may ask for its administrator");
  await page.goto("/status");
  await page.getByRole("button", { name: "Set the mode by hand" }).click();
  await page.getByRole("radio", { name: "Without the AI provider" }).check();
  await page.getByRole("textbox", { name: "Reason" }).fill("Only a trial");
  await page.getByRole("button", { name: "Set the mode", exact: true }).click();
  const mode = page.getByRole("region", { name: "What is done for new documents" });
  await expect(mode).toContainText("Only a trial");
  await expect(mode).toContainText("Set by hand");
  const history = page.getByRole("region", { name: "Changes of the mode" });
  await expect(history.getByRole("listitem").first()).toContainText("Only a trial");
  await page.getByRole("button", { name: "Set the mode by hand" }).click();
  await page.getByRole("radio", { name: "Let the vault decide again" }).check();
  await page.getByRole("button", { name: "Let the vault decide", exact: true }).click();
  await expect(mode).not.toContainText("Set by hand");
});
