// Looks at what a page shows, as everybody sees it: light and dark, on a laptop and on a phone.
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { NARROW, WIDE } from "./visit";

// What the others have been through already differs in its colours alone.
const COLOURS = ["color-contrast"];

const LOOKS: { look: string; colorScheme: "light" | "dark"; size: typeof WIDE; rules?: string[] }[] = [
  { look: "light-wide", colorScheme: "light", size: WIDE },
  { look: "dark-wide", colorScheme: "dark", size: WIDE, rules: COLOURS },
  { look: "light-narrow", colorScheme: "light", size: NARROW },
  { look: "dark-narrow", colorScheme: "dark", size: NARROW, rules: COLOURS },
];

/** Finds nothing wrong with the page as it stands: axe is content and nothing sticks out. */
export async function inspect(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  for (const { look, colorScheme, size, rules } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize(size);
    await photograph(page, `${name}-${look}`);
    expect.soft(await mistakes(page, rules), `axe on ${name}, ${look}`).toEqual([]);
    const { scrollWidth, innerWidth } = await page.evaluate(() => ({
      scrollWidth: document.scrollingElement!.scrollWidth,
      innerWidth: window.innerWidth,
    }));
    expect.soft(scrollWidth, `the width of ${name}, ${look}`).toBeLessThanOrEqual(innerWidth);
  }
  await page.setViewportSize(WIDE);
}

/** What axe finds: in the dialog that is open, else on the whole page. */
async function mistakes(page: Page, rules?: string[]): Promise<string[]> {
  // The legacy mode looks into no frames, of which there are none, and takes a third of the time. What rules say that
  // are kept is not needed, and style sheets are read where they are.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ["violations"], preload: false });
  if (rules) axe.withRules(rules);
  const isModal = (await page.locator("dialog[open]").count()) > 0;
  const { violations } = await (isModal ? axe.include("dialog[open]") : axe).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

/** For people to look at, where they asked for it. */
async function photograph(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS) {
    const isModal = (await page.locator("dialog[open], [popover]:popover-open").count()) > 0;
    // What sticks to the top stands at the top of a full page.
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), fullPage: !isModal });
  }
}
