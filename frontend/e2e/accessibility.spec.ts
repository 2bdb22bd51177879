import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { everyRoute, settle } from "./pages";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };

/** What axe finds in the page, or in the one part of it that is open. */
async function faultsOf(page: Page, part = "html"): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).include(part).withTags(RULES).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")} (${node.failureSummary})`),
  );
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test.describe(`${colorScheme}, ${size}`, () => {
      test.use({ colorScheme, viewport, reducedMotion: "reduce" });

      test("every route passes axe and fits the window", async ({ page }) => {
        for (const [name, address] of Object.entries(await everyRoute(page))) {
          await page.goto(address);
          await settle(page);
          expect.soft(await faultsOf(page), name).toEqual([]);
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          expect.soft(overflow, `${name} is wider than the window`).toBeLessThanOrEqual(0);
        }
      });

      test("dialogs, menus and the upload panel pass axe", async ({ page }) => {
        await page.goto("/topics");
        await settle(page);
        await page.getByRole("button", { name: "New topic" }).first().click();
        await expect(page.getByRole("dialog")).toBeVisible();
        expect.soft(await faultsOf(page, "[role=dialog]"), "topic dialog").toEqual([]);
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: /^Colours/ }).click();
        await expect(page.getByRole("menu")).toBeVisible();
        expect.soft(await faultsOf(page, "[role=menu]"), "colour menu").toEqual([]);
        await page.keyboard.press("Escape");
        await page.goto("/rules");
        await settle(page);
        await page.getByRole("button", { name: "New rule" }).first().click();
        await page.getByRole("textbox", { name: "If" }).fill("filename > 3");
        await expect(page.getByTestId("condition-place")).toBeVisible();
        await page.getByText("Fields and words").click();
        expect.soft(await faultsOf(page, "[role=dialog]"), "rule dialog").toEqual([]);
        await page.keyboard.press("Escape");
        await expect(page.getByRole("dialog")).toHaveCount(0);
        await page.goto("/status");
        await settle(page);
        await page.getByRole("button", { name: "Set the mode by hand" }).click();
        await expect(page.getByRole("dialog")).toBeVisible();
        expect.soft(await faultsOf(page, "[role=dialog]"), "mode dialog").toEqual([]);
        await page.keyboard.press("Escape");
        await expect(page.getByRole("dialog")).toHaveCount(0);
        const empty = { name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) };
        await page.getByTestId("file-input").setInputFiles([empty]);
        await expect(page.getByTestId("upload-row")).toBeVisible();
        expect.soft(await faultsOf(page), "upload panel").toEqual([]);
      });

      test("choosing an AI provider passes axe", async ({ page }) => {
        await page.goto("/settings/ai");
        await settle(page);
        await page.getByRole("radio", { name: "OpenAI or compatible" }).check();
        expect.soft(await faultsOf(page, "main"), "fields of a provider").toEqual([]);
        await page.getByRole("textbox", { name: "Model" }).fill("any");
        await page.getByRole("textbox", { name: "Address" }).fill("http://169.254.169.254");
        await page.getByRole("button", { name: "Test the connection" }).click();
        await expect(page.getByText("url_not_allowed")).toBeVisible();
        expect.soft(await faultsOf(page, "[role=alert]"), "a refused address").toEqual([]);
      });
    });
  }
}

test("everything that matters can be reached by keyboard", async ({ page }) => {
  await page.goto("/");
  await settle(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("j");
  await expect(page.getByTestId("document-row").first().getByRole("link").first()).toBeFocused();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
});
