import { expect, type Page, test } from "@playwright/test";
import {
  CORPUS,
  DAMAGED,
  LEASE,
  LEASE_PAGE,
  PARAPHRASE,
  PHRASE,
  type Upload,
} from "./files/corpus";
import { closePanel, findRow, openDocument, settle, upload, waitForSummary } from "./pages";

test.describe.configure({ mode: "serial" });

const TOPICS = [
  ["Invoices", "Bills from suppliers with an amount to pay and a due date."],
  ["Health", "Letters from doctors, laboratory results, dentists and prescriptions."],
  ["Travel", "Train and flight tickets, bookings and itineraries."],
] as const;

const stemsOf = (text: string) =>
  new Set((text.toLowerCase().match(/[a-z]{3,}/g) ?? []).map((word) => word.slice(0, 4)));

async function search(page: Page, words: string): Promise<void> {
  await expect(page.getByRole("searchbox")).toBeVisible();
  await page.keyboard.press("/");
  await page.keyboard.type(words);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toContainText(words);
}

test("the paraphrase shares no word with any document", () => {
  const asked = stemsOf(PARAPHRASE);
  for (const { name, buffer } of CORPUS) {
    const shared = [...stemsOf(`${name} ${buffer.toString("latin1")}`)].filter((stem) =>
      asked.has(stem),
    );
    expect(shared, name).toEqual([]);
  }
});

test("an empty vault invites the first document", async ({ page }) => {
  test.skip(Boolean(process.env.BASE_URL), "a running vault may have documents already");
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Drop your first documents here" })).toBeVisible();
});

test("topics are made with a describing sentence", async ({ page }) => {
  await page.goto("/topics");
  await settle(page);
  for (const [name, description] of TOPICS) {
    const heading = page.getByRole("heading", { level: 2, name, exact: true });
    // A vault that runs already may have it.
    if (await heading.isVisible()) continue;
    await page.getByRole("button", { name: "New topic" }).first().click();
    await page.getByRole("textbox", { name: "Name" }).fill(name);
    await page.getByRole("textbox", { name: "Description" }).fill(description);
    await page.getByRole("button", { name: "Create topic" }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(heading).toBeVisible();
  }
});

test("documents of seven formats become ready, a damaged one says why it did not", async ({
  page,
}) => {
  expect(CORPUS.length).toBeGreaterThanOrEqual(20);
  await page.goto("/");
  await upload(page, [...CORPUS, DAMAGED]);
  await expect(page.getByRole("region", { name: "Uploads", exact: true })).toBeVisible();
  // The panel goes along to other pages.
  await page.getByRole("link", { name: "Topics", exact: true }).first().click();
  await waitForSummary(page, `${CORPUS.length} of ${CORPUS.length + 1} ready, 1 failed`);

  await page.getByRole("button", { name: "Show failed" }).click();
  const failed = page.getByTestId("upload-row");
  await expect(failed).toHaveCount(1);
  await expect(failed).toContainText("Damaged scan.pdf");
  await expect(failed).toContainText("The file is damaged and could not be read.");
  await expect(failed).toContainText("corrupt_file");
  await expect(failed.getByRole("button", { name: /Retry/ })).toHaveCount(0);
  await closePanel(page);

  for (const { name } of CORPUS) {
    const row = await findRow(page, name.replace(/\.\w+$/, ""));
    await expect(row.getByText("Ready", { exact: true })).toBeVisible();
  }
  const row = await findRow(page, "Damaged scan");
  await row.getByRole("button", { name: "Failed: damaged file" }).click();
  await expect(page.getByText("corrupt_file")).toBeVisible();
});

test("topics were found by themselves, with a reason, and can be put right", async ({ page }) => {
  for (const name of ["Electricity invoice November", "Water invoice autumn"]) {
    await expect((await findRow(page, name)).getByRole("link", { name: "Invoices" })).toBeVisible();
  }
  await openDocument(page, "Electricity invoice November");
  await page.getByRole("button", { name: "Invoices: why this topic?" }).click();
  await expect(page.getByText("Because of this passage")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Remove the topic Invoices" }).click();
  await expect(page.getByRole("button", { name: "Invoices: why this topic?" })).toHaveCount(0);
  await page.getByRole("combobox", { name: "Add a topic" }).click();
  await page.getByRole("option", { name: "Invoices" }).click();
  await page.getByRole("button", { name: "Invoices: why this topic?" }).click();
  await expect(page.getByText("Set by you")).toBeVisible();

  await page.goto("/topics");
  await page.getByRole("link", { name: /documents? about Invoices/ }).click();
  await expect(page.getByText("with these filters")).toBeVisible();
  await expect(
    page.getByRole("link", { name: "Electricity invoice November" }).first(),
  ).toBeVisible();
});

test("a rule is tried, made, and followed for new documents", async ({ page }) => {
  await page.goto("/rules");
  await settle(page);
  await page.getByRole("button", { name: "New rule" }).first().click();
  await page.getByRole("textbox", { name: "Name" }).fill("Receipts");
  const condition = page.getByRole("textbox", { name: "If" });
  await condition.fill("filename > 3");
  await expect(page.getByTestId("condition-place").locator("mark")).toHaveText(">");
  await condition.fill('filename startswith "receipt"');
  await expect(page.getByText("This can be understood.")).toBeVisible();
  await page.getByRole("combobox", { name: "Give topics" }).click();
  await page.getByRole("option", { name: "Invoices" }).click();
  await page.getByRole("textbox", { name: "Give a title" }).fill("{topic}: {title}");
  await page.getByRole("checkbox", { name: /needs review/ }).check();
  await page.getByRole("button", { name: "Try on my documents" }).click();
  await expect(page.getByText(/^Holds for \d+ of \d+ documents\.$/)).toBeVisible();
  await page.getByRole("button", { name: "Create rule" }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Receipts" }).first()).toBeVisible();

  const stamp = Date.now();
  const receipts = ["one", "two"].map((name) => ({
    name: `receipt ${name} ${stamp}.txt`,
    mimeType: "text/plain",
    buffer: Buffer.from(`Bananas ${name} ${stamp}`),
  }));
  await upload(page, receipts);
  await waitForSummary(page, "2 of 2 ready");
  await closePanel(page);
  await openDocument(page, `Invoices: receipt one ${stamp}`);
  await page.getByRole("button", { name: "Invoices: why this topic?" }).click();
  await expect(page.getByRole("link", { name: "Receipts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Mark as reviewed" }).click();
  await expect(page.getByText("Needs review")).toHaveCount(0);

  // The other one stays marked, for those who look at the pages after this.
  await page.goto("/?review=true");
  await expect(page.getByRole("link", { name: `receipt two ${stamp}` })).toBeVisible();
  await expect(page.getByRole("link", { name: `receipt one ${stamp}` })).toHaveCount(0);
});

test("an exact phrase leads to its page", async ({ page }) => {
  await page.goto("/");
  await search(page, `"${PHRASE}"`);
  await page.getByText("Exact text", { exact: true }).click();
  await expect(page).toHaveURL(/mode=exact/);
  const hit = page.getByTestId("search-hit").first();
  await expect(hit).toContainText(LEASE);
  await expect(hit).toContainText(`Page ${LEASE_PAGE}`);
  await expect(hit).toContainText("exact text");
  await expect(hit.locator("mark").first()).toBeVisible();
});

test("a paraphrase finds what words do not, and opens on its page with the passage marked", async ({
  page,
}) => {
  await page.goto("/topics");
  await search(page, PARAPHRASE);
  const first = page.getByTestId("search-hit").first();
  await expect(first).toContainText(LEASE);
  await expect(first).toContainText(`Page ${LEASE_PAGE}`);
  await expect(first).toContainText("by meaning");

  await page.getByText("Words", { exact: true }).click();
  await expect(page).toHaveURL(/mode=words/);
  await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();

  await page.getByRole("button", { name: "Search everything" }).click();
  await page.getByTestId("search-hit").first().getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1, name: LEASE })).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`page=${LEASE_PAGE}`));
  const sheet = page.locator(`[data-page="${LEASE_PAGE}"]`);
  await expect(sheet.locator(".textLayer")).toContainText("Dogs and cats may be kept");
  await expect(sheet).toBeInViewport();
  await expect(page.getByRole("textbox", { name: "Page" })).toHaveValue(String(LEASE_PAGE));
  await expect
    .poll(() => page.evaluate(() => CSS.highlights.get("dv-hit")?.size ?? 0))
    .toBeGreaterThan(0);

  await page.getByRole("tab", { name: "Text" }).click();
  await expect(page.locator("mark").first()).toBeInViewport();
});

test("the same bytes are not kept twice", async ({ page }) => {
  await page.goto("/");
  await upload(page, [{ ...(CORPUS[0] as Upload), name: "Copy of the lease.pdf" }]);
  const row = page.getByTestId("upload-row");
  await expect(row).toContainText("Already in your vault, nothing was added");
  await row.getByRole("link", { name: "Copy of the lease.pdf" }).click();
  await expect(page.getByRole("heading", { level: 1, name: LEASE })).toBeVisible();
});

test("a file of no bytes is refused without a retry that cannot succeed", async ({ page }) => {
  await page.goto("/");
  await upload(page, [{ name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) }]);
  const row = page.getByTestId("upload-row");
  await expect(row).toContainText("empty_file");
  await expect(row.getByRole("button", { name: /Retry/ })).toHaveCount(0);
});

test("files can be dropped anywhere", async ({ page }) => {
  await page.goto("/topics");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const transfer = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File([`Dropped at ${Date.now()}`], "Dropped note.txt"));
    return data;
  });
  await page.dispatchEvent("main", "dragenter", { dataTransfer: transfer });
  await expect(page.getByTestId("drop-overlay")).toBeVisible();
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
  await expect(page.getByTestId("drop-overlay")).toHaveCount(0);
  await waitForSummary(page, "1 of 1 ready");
});

test("a title is changed in place, the original downloaded, the document deleted", async ({
  page,
}) => {
  await openDocument(page, "Dropped note");
  await page.getByRole("button", { name: "Change the title" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill("Note that fell");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Note that fell" })).toBeVisible();
  await expect(page).toHaveTitle("Note that fell · DocuVault");

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).click();
  expect((await download).suggestedFilename()).toBe("Dropped note.txt");

  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Documents" })).toBeVisible();
  await page.goto("/?q=fell");
  await expect(page.getByText("Nothing matches these filters")).toBeVisible();
});
