// Looks at what a page shows, as everybody sees it: light and dark, on a laptop and on a phone.
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { NARROW, WIDE } from "./visit";

// The dark look differs in its colours alone, and has them on a laptop and on a phone.
const COLOURS = ["color-contrast"];

const LOOKS = [
  { look: "light-wide", colorScheme: "light", size: WIDE },
  { look: "dark-wide", colorScheme: "dark", size: WIDE, rules: COLOURS },
  { look: "light-narrow", colorScheme: "light", size: NARROW },
] as const;

const ONLY_FOR_PEOPLE = { look: "dark-narrow", colorScheme: "dark", size: NARROW, rules: COLOURS } as const;

/** Finds nothing wrong with the page as it stands: axe is content and nothing sticks out. */
export async function inspect(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  for (const { look, colorScheme, size, ...only } of process.env.SCREENSHOTS ? [...LOOKS, ONLY_FOR_PEOPLE] : LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize(size);
    await photograph(page, `${name}-${look}`);

    // The legacy mode looks into no frames, of which there are none, and takes a third of the time.
    const axe = new AxeBuilder({ page }).setLegacyMode();
    const { violations } = await ("rules" in only ? axe.withRules([...only.rules]) : axe).analyze();
    const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
    expect.soft(found, `axe on ${name}, ${look}`).toEqual([]);
    const { scrollWidth, innerWidth } = await page.evaluate(() => ({
      scrollWidth: document.scrollingElement!.scrollWidth,
      innerWidth: window.innerWidth,
    }));
    expect.soft(scrollWidth, `the width of ${name}, ${look}`).toBeLessThanOrEqual(innerWidth);
  }
  await page.setViewportSize(WIDE);
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
