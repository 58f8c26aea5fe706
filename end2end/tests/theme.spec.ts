// Light or dark, as the system has it or as one chooses.
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

test("a chosen theme stays, and is there from the first line on", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await visit(page, "/developer");
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByText("Dark", { exact: true }).click();
  await expect.poll(ground).not.toBe(light);
  const dark = await ground();

  const html = await (await page.request.get("/events")).text();
  expect(html).toMatch(/<html[^>]* data-theme="dark"/);
  await visit(page, "/events");
  expect(await ground()).toBe(dark);
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByText("System", { exact: true }).click();
  await expect.poll(ground).toBe(light);
});
