import { expect, type Page } from "@playwright/test";
import { visit } from "./visit";

/** Makes a key pair in the Developer tab and reads it from there: the only place and time that it is shown. */
export async function createCredentials(page: Page): Promise<{ public: string; private: string }> {
  await visit(page, "/developer");
  await page.getByRole("button", { name: "Create Credentials" }).click();
  const shown = page.getByTestId("new-key-pair").locator("code");
  await expect(shown).toHaveCount(2);
  const [publicId, privateKey] = await shown.allInnerTexts();
  return { public: publicId, private: privateKey };
}
