// The table of webhooks: what a row says of how its webhook does.
import { LATER, Receiver } from "./support/receiver";
import { expect, test } from "./support/test";
import { NARROW, visit } from "./support/visit";
import { EXPORT_SUCCESS } from "./support/webhooks";

test("a row shows its webhook's last 24 hours, drawn and in words", async ({ page, api, receiver }) => {
  receiver.willAnswer({}, { status: 500, headers: LATER });
  await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, "/developer");
  const row = page.getByTestId("webhook").filter({ hasText: receiver.url });
  await expect(row.getByRole("img", { name: "Last 24 hours: no attempt" })).toBeVisible();
  await expect(row).toContainText("Nothing sent");
  await expect(row).toContainText("Active");

  await api.publish(EXPORT_SUCCESS, {});
  await expect(row.getByRole("img", { name: "Last 24 hours: 1 successful and 0 failed attempts" })).toBeVisible();
  await api.publish(EXPORT_SUCCESS, {});
  await expect(row.getByRole("img", { name: "Last 24 hours: 1 successful and 1 failed attempts" })).toBeVisible();
  await expect(row).toContainText("1 of 2 failed");
  await expect(row.locator(".activity rect.bad")).toHaveCount(1);
  await expect(row).toContainText("Failing");
  await expect(row.locator(".http")).toHaveText("500");
});

test("an error without an answer is said in words", async ({ page, api }) => {
  const gone = await Receiver.start();
  await gone.stop();
  await api.webhook(gone.url, [EXPORT_SUCCESS]);
  await visit(page, "/developer");
  const row = page.getByTestId("webhook").filter({ hasText: gone.url });
  await api.publish(EXPORT_SUCCESS, {});
  await expect(row.locator(".http")).toHaveText("refused");
});

test("built-in receivers are told apart, and each is deleted by its own name", async ({ page, api }) => {
  const [first, second] = [await api.builtInWebhook([EXPORT_SUCCESS]), await api.builtInWebhook([EXPORT_SUCCESS])];
  await visit(page, "/developer");
  const name = (id: string) => `Built-in receiver ${id.slice(-6)}`;
  await page.getByRole("button", { name: `Delete ${name(first.id)}` }).click();
  const confirm = page.getByRole("dialog", { name: "Delete this webhook?" });
  await confirm.getByRole("textbox").fill(name(second.id));
  await expect(confirm.getByRole("button", { name: "Delete" })).toBeDisabled();
  await confirm.getByRole("textbox").fill(name(first.id));
  await confirm.getByRole("textbox").press("Enter");
  await expect(page.getByText(name(first.id))).toHaveCount(0);
  await expect(page.getByTestId("webhook").filter({ hasText: name(second.id) })).toBeVisible();
});

test("a row keeps the keyboard's place while what it shows changes", async ({ page, api, receiver }) => {
  await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, "/developer");
  const row = page.getByTestId("webhook").filter({ hasText: receiver.url });
  const edit = row.getByRole("button", { name: /^Edit / });
  await edit.focus();
  await api.publish(EXPORT_SUCCESS, {});
  await expect(row.locator(".http")).toHaveText("200");
  await expect(edit).toBeFocused();
});

test("a webhook is paused on its page, and resumed in the table", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}`);
  await page.getByRole("button", { name: "Pause" }).click();
  const banner = page.getByTestId("banner");
  await expect(banner).toContainText("Its events are held");
  await api.publish(EXPORT_SUCCESS, {});
  await visit(page, "/developer");
  const row = page.getByTestId("webhook").filter({ hasText: receiver.url });
  await expect(row).toContainText("Paused");
  expect(receiver.received).toHaveLength(0);
  await row.getByRole("button", { name: `Resume ${receiver.url}` }).click();
  await expect(row).not.toContainText("Paused");
  await receiver.hasReceived();
});

test("on a phone the rows are cards with all that the table says", async ({ page, api, receiver }) => {
  await page.setViewportSize(NARROW);
  await api.webhook(receiver.url, [EXPORT_SUCCESS], "Billing");
  await visit(page, "/developer");
  const row = page.getByTestId("webhook").filter({ hasText: receiver.url });
  for (const text of ["Billing", "test", "1 type", "Active", "View Logs"]) {
    await expect(row.getByText(text, { exact: true })).toBeVisible();
  }
  await expect(row.getByRole("img")).toBeVisible();
});
