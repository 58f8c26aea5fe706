// An attempt's row opens into what was sent and what came back.
import { LATER } from "./support/receiver";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { attempts, EXPORT_SUCCESS, expand, REVOKED } from "./support/webhooks";

test("a row opens and closes by mouse and by keyboard", async ({ page, api }) => {
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  await api.simulate(id, EXPORT_SUCCESS, {});
  await visit(page, `/webhooks/${id}`);
  const attempt = attempts(page).first();
  const row = attempt.getByRole("button").first();
  const request = attempt.getByRole("heading", { name: "Request" });
  await expect(row).toHaveAttribute("aria-expanded", "false");
  await expect(request).toBeHidden();

  await row.click();
  await expect(row).toHaveAttribute("aria-expanded", "true");
  await expect(request).toBeVisible();
  await row.click();
  await expect(row).toHaveAttribute("aria-expanded", "false");
  await expect(request).toBeHidden();

  await row.focus();
  for (const key of ["Enter", "Space"]) {
    await page.keyboard.press(key);
    await expect(row).toHaveAttribute("aria-expanded", "true");
    await expect(request).toBeVisible();
    await page.keyboard.press(key);
    await expect(row).toHaveAttribute("aria-expanded", "false");
    await expect(request).toBeHidden();
  }
  await expect(row).toBeFocused();
});

test("a body is laid out, shown as it was sent, and copied byte for byte", async ({ page, context, api, receiver }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await api.simulate(id, EXPORT_SUCCESS, { list: [1, 2], text: "a\tb" });
  const sent = (await receiver.hasReceived()).body;
  await visit(page, `/webhooks/${id}`);

  const detail = await expand(attempts(page).first());
  const body = detail.getByRole("group", { name: "request body" });
  await expect(body).toContainText('"text": "a\\tb"');
  const raw = detail.getByRole("button", { name: "Raw" }).first();
  await expect(raw).toHaveAttribute("aria-pressed", "false");
  await raw.click();
  await expect(raw).toHaveAttribute("aria-pressed", "true");
  expect(await body.textContent()).toBe(sent);
  await raw.click();
  await expect(body).toContainText('"text": "a\\tb"');

  await detail.getByRole("button", { name: "Copy request body" }).click();
  await expect(detail.getByText("Copied")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(sent);
});

test("the status filter is in the URL", async ({ page, api, receiver }) => {
  // 410 is not tried again: however slow the test is, there are two.
  receiver.willAnswer({ status: 410 }, { status: 200 });
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await api.simulate(id, EXPORT_SUCCESS, {});
  await receiver.hasReceived(1);
  await api.simulate(id, EXPORT_SUCCESS, {});
  await receiver.hasReceived(2);
  await visit(page, `/webhooks/${id}`);
  await expect(attempts(page)).toHaveCount(2);
  await page.getByLabel("Status").selectOption({ label: "Failed" });
  await expect(attempts(page)).toHaveCount(1);
  await expect(page).toHaveURL(/\?status=FAILED$/);
  await page.goBack();
  await expect(attempts(page)).toHaveCount(2);
  await visit(page, `/webhooks/${id}?status=SUCCESSFUL`);
  await expect(attempts(page).first()).toContainText("200");
  await expect(page.getByLabel("Status")).toHaveValue("SUCCESSFUL");
});

test("an attempt that still waits is cancelled from its row", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 500, headers: LATER });
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await api.simulate(id, EXPORT_SUCCESS, {});
  await visit(page, `/webhooks/${id}`);
  const ladder = (await expand(attempts(page).first())).getByTestId("ladder");
  await ladder.getByRole("button", { name: "Cancel" }).click();
  await expect(ladder.getByTestId("next")).toContainText("Cancelled");
  await expect(ladder.getByRole("button", { name: "Cancel" })).toBeHidden();
});

test("an event's page has the same rows", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 404 });
  const { id } = await api.webhook(receiver.url, [REVOKED]);
  const { event_ids } = await api.simulate(id, REVOKED, {});
  await receiver.hasReceived();
  await visit(page, `/events/${event_ids[0]}`);
  const detail = await expand(attempts(page).first());
  await expect(detail.getByTestId("why")).toBeVisible();
  await expect(detail.getByRole("button", { name: "Copy as curl" })).toBeVisible();
});
