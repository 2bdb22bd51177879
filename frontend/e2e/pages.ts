import { expect, type Page } from "@playwright/test";
import { LEASE, PARAPHRASE, type Upload } from "./files/corpus";

export const PROCESSING_MS = 180_000;

/** Gives files to the upload button, as the file dialog would. */
export async function upload(page: Page, files: readonly Upload[]): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Upload", exact: true }).first().click();
  await (await chooser).setFiles([...files]);
}

export async function waitForSummary(page: Page, words: string): Promise<void> {
  await expect(page.getByTestId("upload-summary")).toHaveText(words, { timeout: PROCESSING_MS });
}

export async function closePanel(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Close the upload panel" }).click();
}

/** The rows of the list whose name holds the given words. */
export async function findRow(page: Page, name: string) {
  await page.goto(`/?q=${encodeURIComponent(name)}`);
  const row = page.getByTestId("document-row").first();
  await expect(row).toBeVisible({ timeout: PROCESSING_MS });
  return row;
}

export async function openDocument(page: Page, name: string): Promise<void> {
  const row = await findRow(page, name);
  await row.getByRole("link").first().click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

/** An address of every kind of page, with what shows that the page stands. */
export async function everyRoute(page: Page): Promise<Record<string, string>> {
  await openDocument(page, LEASE);
  const document = new URL(page.url()).pathname;
  await openDocument(page, "Damaged scan");
  const failed = new URL(page.url()).pathname;
  return {
    documents: "/",
    "documents-filtered": "/?status=failed",
    "documents-review": "/?review=true",
    "documents-none": "/?q=no-such-document",
    document: `${document}?page=3&q=consent`,
    "document-text": `${document}?tab=text&q=consent`,
    "document-failed": failed,
    topics: "/topics",
    rules: "/rules",
    ai: "/settings/ai",
    status: "/status",
    search: `/search?q=${encodeURIComponent(PARAPHRASE)}`,
    "search-empty": "/search",
    "search-none": "/search?q=zzxqwv&mode=exact",
    "not-found": "/no/such/page",
  };
}

/** Waits until a page has what it shows. */
export async function settle(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  if (/page=\d/.test(page.url())) {
    await expect(page.locator(".react-pdf__Page .textLayer").first()).toBeVisible();
  }
}
