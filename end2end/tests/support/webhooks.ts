// The steps that a person takes with webhooks.
import { expect, type Locator, type Page } from "@playwright/test";
import { visit } from "./visit";

export const EXPORT_SUCCESS = "patient.ehi_export_success";
export const EXPORT_FAILED = "patient.ehi_export_failed";
export const REVOKED = "patient.authorization_revoked";

/** Opens the form for a new webhook. */
export async function openWebhookForm(page: Page): Promise<Locator> {
  await visit(page, "/developer");
  await page.getByRole("button", { name: "Create Webhook" }).click();
  const dialog = page.getByRole("dialog", { name: "New webhook" });
  await expect(dialog.getByRole("checkbox", { name: "Patient EHI Export Success" })).toBeChecked();
  return dialog;
}

/** Makes a webhook to `url`, or to the built-in receiver, and is led to its Delivery Logs. */
export async function createWebhook(page: Page, url?: string): Promise<string> {
  const dialog = await openWebhookForm(page);
  if (url) {
    await dialog.getByLabel("Webhook URL").fill(url);
  } else {
    await dialog.getByLabel("Use the built-in receiver").check();
  }
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page).toHaveURL(/\/webhooks\/des_\w+$/);
  await expect(page.getByRole("heading", { level: 1, name: "Delivery Logs" })).toBeVisible();
  return new URL(page.url()).pathname.split("/").pop()!;
}

/** Opens the simulator above the Delivery Logs that are shown, where it is not open. */
export async function openSimulator(page: Page): Promise<Locator> {
  const button = page.getByRole("button", { name: "Simulate Webhook" });
  if ((await button.getAttribute("aria-expanded")) === "false") {
    await button.click();
  }
  const panel = simulator(page);
  await expect(panel.getByLabel("Payload JSON")).toHaveValue(/./);
  return panel;
}

export const simulator = (page: Page): Locator => page.getByRole("region", { name: "Simulate Webhook" });

/** Sends a made-up event from the Delivery Logs that are shown. */
export async function simulate(page: Page, label = "Patient EHI Export Success"): Promise<Locator> {
  const panel = await openSimulator(page);
  await panel.getByLabel("Event Type").selectOption({ label });
  await panel.getByRole("button", { name: "Send Simulated Payload" }).click();
  await expect(panel.getByTestId("sent")).toContainText("Sent as");
  return panel;
}

export const attempts = (page: Page): Locator => page.getByTestId("attempt");

/** Opens an attempt's row and gives what it shows. */
export async function expand(attempt: Locator): Promise<Locator> {
  const row = attempt.getByRole("button").first();
  await row.click();
  await expect(row).toHaveAttribute("aria-expanded", "true");
  const detail = attempt.locator(".attempt-detail");
  await expect(detail.getByRole("heading", { name: "Request" })).toBeVisible();
  return detail;
}

/** A header as the page shows it. */
export const header = (within: Locator, table: string, name: string): Locator =>
  within
    .getByRole("table", { name: table })
    .getByRole("row")
    .filter({ has: within.page().getByRole("rowheader", { name, exact: true }) })
    .getByRole("cell");

/** Marks the page, so that a test can tell whether it was loaded anew. */
export async function mark(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => document.documentElement.setAttribute("data-marked", "true"));
  return () => expect(page.locator("html[data-marked=true]"), "the page was not loaded anew").toHaveCount(1);
}
