import type { Page } from "@playwright/test";

/** Opens a page and waits until the browser has taken it over: a click before that would be lost. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.locator("body[data-hydrated=true]").waitFor();
}

/** The widths that every page must fit: a laptop's and a phone's. */
export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };
