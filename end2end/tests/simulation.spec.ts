// Simulate Webhook: from nothing to a signed delivery that one can look into.
import { Webhook } from "standardwebhooks";
import { expect, test } from "./support/test";
import {
  attempts,
  createWebhook,
  EXPORT_FAILED,
  EXPORT_SUCCESS,
  expand,
  header,
  mark,
  simulate,
} from "./support/webhooks";

test("with the built-in receiver a delivery is seen without a server of one's own", async ({ page }) => {
  await createWebhook(page);
  await expect(page.getByText("No deliveries yet")).toBeVisible();
  await expect(page.getByText("Delivery logs are kept for the last 15 days")).toBeVisible();
  const isStillThere = await mark(page);

  await simulate(page);
  const attempt = attempts(page);
  await expect(attempt).toHaveCount(1);
  await expect(attempt).toContainText(EXPORT_SUCCESS);
  await expect(attempt).toContainText("Successful");
  await expect(attempt).toContainText("200");
  await isStillThere();

  const detail = await expand(attempt);
  await expect(detail).toContainText("Built-in receiver");
  await expect(detail.getByRole("group", { name: "request body" })).toContainText(`"type": "${EXPORT_SUCCESS}"`);
  await expect(header(detail, "Request headers", "webhook-signature")).toHaveText(/^v1,[\w+/]{43}=$/);
  await expect(header(detail, "Request headers", "webhook-id")).toHaveText(/^[0-9a-f-]{36}$/);
  await expect(detail.getByText("HTTP 200")).toBeVisible();
  await expect(detail.getByText("Total", { exact: true })).toBeVisible();
});

test("the simulator sends what was typed, signed with the secret that the page reveals", async ({ page, receiver }) => {
  receiver.willAnswer({ status: 202, body: '{"thanks":"a lot"}' });
  await createWebhook(page, receiver.url);
  const secret = page.getByTestId("signing-secret");
  await expect(secret).toContainText("•••");
  await page.getByRole("button", { name: "Reveal" }).click();
  await expect(secret).toHaveText(/^whsec_[\w+/]+=*$/);

  await page.getByRole("button", { name: "Simulate Webhook" }).click();
  const dialog = page.getByRole("dialog", { name: "Simulate Webhook" });
  await dialog.getByLabel("Event Type").selectOption({ label: "Patient EHI Export Failed" });
  const payload = dialog.getByLabel("Payload JSON");
  await expect(payload).toHaveValue(new RegExp(`"type": "${EXPORT_FAILED}"`));

  await payload.fill('{"data": {"a": 1,}}');
  await expect(payload).toHaveAccessibleDescription(/^Line 1, column 18: /);
  const send = dialog.getByRole("button", { name: "Send Simulated Payload" });
  await expect(send).toBeDisabled();
  await payload.fill('{"data": {"patient": "p-17", "dose": 1.50}}');
  await expect(payload).toHaveAccessibleDescription("Valid JSON");
  await send.click();
  await expect(dialog).toBeHidden();

  const { body, headers, method } = await receiver.hasReceived();
  expect(method).toBe("POST");
  const verified = new Webhook(await secret.innerText()).verify(body, headers as Record<string, string>);
  expect(verified).toMatchObject({ api_mode: "test", type: EXPORT_FAILED, data: { patient: "p-17", dose: 1.5 } });
  expect(headers["webhook-id"]).toBe((verified as { id: string }).id);
  expect(headers["user-agent"]).toMatch(/^Hookyard\/\d/);

  const detail = await expand(attempts(page));
  await expect(detail.getByRole("group", { name: "request body" })).toContainText('"dose": 1.50');
  await expect(detail.getByText("HTTP 202")).toBeVisible();
  await expect(detail.getByRole("group", { name: "response body" })).toContainText('"thanks": "a lot"');
});

test("a failing receiver is seen with its answer, and so is the retry that succeeds", async ({ page, receiver }) => {
  receiver.willAnswer({ status: 500, body: '{"error":"out of paper"}' }, { status: 200 });
  await createWebhook(page, receiver.url);
  await simulate(page);

  const failed = attempts(page).filter({ hasText: "Failed" });
  await expect(failed).toContainText("500");
  const detail = await expand(failed);
  await expect(detail.getByText("HTTP 500")).toBeVisible();
  await expect(detail.getByRole("group", { name: "response body" })).toContainText('"error": "out of paper"');
  await expect(detail.getByText("Next attempt:")).toBeVisible();

  // The first retry comes after five seconds, above the row that is open and stays so.
  await expect(attempts(page)).toHaveCount(2, { timeout: 15_000 });
  await expect(attempts(page).first()).toContainText("Successful");
  await expect(attempts(page).first()).toContainText("Retry");
  await expect(attempts(page).first()).toContainText("#2");
  await expect(detail.getByRole("group", { name: "response body" })).toBeVisible();
  expect(receiver.received[1].headers["webhook-id"]).toBe(receiver.received[0].headers["webhook-id"]);
  expect(receiver.received[1].headers["hookyard-attempt"]).toBe("2");
});

test("a receiver that is not there is named as the reason", async ({ page, receiver }) => {
  const { url } = receiver;
  await receiver.stop();
  await createWebhook(page, url);
  await simulate(page);
  const detail = await expand(attempts(page).first());
  await expect(detail).toContainText("CONNECTION_REFUSED");
  await expect(detail.getByText("No response")).toBeVisible();
});
