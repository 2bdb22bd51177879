import { expect, test } from "@playwright/test";
import { CORPUS, LEASE, LEASE_PAGE, PARAPHRASE, PHRASE } from "../files/corpus";
import { findRow, upload, waitForSummary } from "../pages";

// A lease as PDF, two more, a Word document.
const FILES = CORPUS.slice(0, 5);

test("files are uploaded, become ready, are found by words and by meaning, and are opened", async ({
  page,
}) => {
  await page.goto("/");
  await upload(page, FILES);
  await waitForSummary(page, `${FILES.length} of ${FILES.length} ready`);
  const row = await findRow(page, LEASE);
  await expect(row.getByText("Ready", { exact: true })).toBeVisible();

  await page.goto(`/search?mode=words&q=${encodeURIComponent(PHRASE)}`);
  // Other tests may have left leases of their own.
  const leases = page.getByTestId("search-hit").filter({ hasText: LEASE });
  await expect(leases.first()).toBeVisible();

  await page.goto(`/search?q=${encodeURIComponent(PARAPHRASE)}`);
  const hit = leases.first();
  await expect(hit).toContainText("by meaning");
  await hit.getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1, name: LEASE })).toBeVisible();
  const sheet = page.locator(`[data-page="${LEASE_PAGE}"]`);
  await expect(sheet.locator(".textLayer")).toContainText("Dogs and cats may be kept");
});
