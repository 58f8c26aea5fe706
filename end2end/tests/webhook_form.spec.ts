// The form of a webhook, and what can be done with its row.
import { SIGNED_OUT, signIn } from "./support/account";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { EXPORT_SUCCESS, openSimulator, openWebhookForm, REVOKED } from "./support/webhooks";

test("mistakes are named beside their fields, and what was typed stays", async ({ page, complaints, api, receiver }) => {
  complaints.announceRefusal(422, "/api/create_webhook");
  complaints.announceRefusal(409, "/api/create_webhook");
  const taken = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  const dialog = await openWebhookForm(page);
  const url = dialog.getByLabel("Webhook URL");
  const create = dialog.getByRole("button", { name: "Create", exact: true });

  await create.click();
  await expect(url).toHaveAccessibleDescription("give the URL to send to");
  await url.fill("ftp://example.com/hooks");
  await dialog.getByLabel("Description").fill("Billing");
  await create.click();
  await expect(url).toHaveAccessibleDescription(/http/);
  await expect(url).toHaveAttribute("aria-invalid", "true");
  await expect(url, "the form leads to what is wrong").toBeFocused();
  await expect(url).toHaveValue("ftp://example.com/hooks");
  await expect(dialog.getByLabel("Description")).toHaveValue("Billing");

  await url.fill(receiver.url);
  const ticked = dialog.getByRole("group", { name: "Event types" }).getByRole("checkbox", { checked: true });
  for (let left = await ticked.count(); left > 0; left -= 1) {
    await ticked.first().click();
    await expect(ticked).toHaveCount(left - 1);
  }
  await create.click();
  await expect(dialog.getByText("choose at least one event type")).toBeVisible();
  await expect(url).not.toHaveAttribute("aria-invalid", "true");

  await dialog.getByRole("checkbox", { name: "Patient Authorization Revoked" }).check();
  await create.click();
  await expect(url).toHaveAccessibleDescription(`the test webhook ${taken.id} has this URL already; a team has one webhook a URL`);
  await expect(dialog).toBeVisible();
  await dialog.getByRole("link", { name: "Go to that webhook" }).click();
  await expect(page).toHaveURL(`/webhooks/${taken.id}`);
});

test("a live webhook is https, which is said before it is submitted; a URL of test mode is taken there too", async ({
  browser,
  complaints,
  api,
  receiver,
}) => {
  complaints.announceRefusal(409, "/api/create_webhook");
  const url = receiver.url.replace("http:", "https:");
  const taken = await api.webhook(url, [EXPORT_SUCCESS]);
  const context = await browser.newContext({ storageState: SIGNED_OUT });
  const page = await context.newPage();
  await signIn(page);
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await expect(page.getByRole("button", { name: "Live", exact: true })).toHaveAttribute("aria-pressed", "true");
  const dialog = await openWebhookForm(page);
  const field = dialog.getByLabel("Webhook URL");
  await expect(field).toHaveAccessibleDescription(/https only/);
  await field.fill("http://example.com/hooks");
  await expect(field).toHaveAccessibleDescription("a live webhook must be https");
  await field.fill(url);
  await expect(field).toHaveAccessibleDescription(/https only/);
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(field).toHaveAccessibleDescription(new RegExp(`the test webhook ${taken.id} has this URL already`));
  await expect(dialog).toContainText("To see it, press Test at the top of the page.");
  await context.close();
});

test("each event type shows its schema and example, and Hookyard's own stand apart", async ({ page }) => {
  const dialog = await openWebhookForm(page);
  const known = dialog.locator(".known-type").filter({ hasText: EXPORT_SUCCESS });
  await known.getByText("Schema and example", { exact: true }).press("Enter");
  await expect(known.getByRole("group", { name: "Schema" })).toContainText('"type": "object"');
  await expect(known.getByRole("group", { name: "Example" })).toContainText("{");
  const own = dialog.getByRole("group", { name: "About your webhooks" });
  await expect(own.getByRole("checkbox")).toHaveCount(5);
  for (const what of ["webhook.warning", "webhook.disabled", "webhook.recovered", "issue.opened", "issue.resolved"]) {
    await expect(own.getByRole("checkbox", { name: `hookyard.${what}` })).not.toBeChecked();
  }
});

test("the form can be left without a trace", async ({ page }) => {
  const dialog = await openWebhookForm(page);
  await dialog.getByLabel("Webhook URL").fill("https://example.com/never");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await page.getByRole("button", { name: "Create Webhook" }).click();
  await expect(dialog.getByLabel("Webhook URL")).toHaveValue("");
});

test("a webhook is edited, disabled, enabled and deleted in its row", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, "/developer");
  const row = page.getByTestId("webhook").filter({ has: page.locator(`a[href="/webhooks/${id}"]`) });

  await row.getByRole("button", { name: `Edit ${receiver.url}` }).click();
  const form = page.getByRole("dialog", { name: "Edit webhook" });
  const choice = form.getByRole("group", { name: "Event types" });
  await expect(choice.getByRole("checkbox", { checked: true })).toHaveCount(1);
  await choice.getByRole("checkbox", { name: "Patient Authorization Revoked" }).check();
  await form.getByLabel("Webhook URL").fill(`${receiver.url}/moved`);
  await form.getByLabel("Description").fill("Moved house");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form).toBeHidden();
  await expect(row).toContainText(`${receiver.url}/moved`);
  await expect(row).toContainText("Moved house");
  await expect(row).toContainText("2 types");
  const types = row.getByRole("button", { name: "2 types" });
  await types.focus();
  await expect(row.getByRole("tooltip")).toBeVisible();
  await expect(types).toHaveAccessibleDescription(`${REVOKED} ${EXPORT_SUCCESS}`);
  await page.keyboard.press("Escape");
  await expect(row.getByRole("tooltip")).toBeHidden();

  await row.getByRole("button", { name: /^Disable / }).click();
  const disable = page.getByRole("dialog", { name: "Disable this webhook?" });
  await expect(disable).toContainText("kept as missed");
  await disable.getByRole("button", { name: "Keep" }).click();
  await expect(row).toContainText("Active");
  await row.getByRole("button", { name: /^Disable / }).click();
  await disable.getByRole("button", { name: "Disable" }).click();
  await expect(row).toContainText("Disabled");
  await expect(row).toContainText("by hand");
  await row.getByRole("button", { name: /^Enable / }).click();
  await expect(row).toContainText("Active");

  const remove = row.getByRole("button", { name: /^Delete / });
  const confirm = page.getByRole("dialog", { name: "Delete this webhook?" });
  await remove.click();
  await expect(confirm).toContainText("Kept until their time: its delivery logs");
  await confirm.getByRole("button", { name: "Keep" }).click();
  await expect(confirm).toBeHidden();
  await expect(row).toBeVisible();
  await remove.click();
  const typed = confirm.getByRole("textbox", { name: `To go on, type ${receiver.url}/moved` });
  await expect(typed).toBeFocused();
  await expect(confirm.getByRole("button", { name: "Delete" })).toBeDisabled();
  await typed.fill(receiver.url);
  await typed.press("Enter");
  await expect(confirm.getByRole("button", { name: "Delete" })).toBeDisabled();
  await typed.fill(`${receiver.url}/moved`);
  await confirm.getByRole("button", { name: "Delete" }).click();
  await expect(row).toHaveCount(0);
});

test("a disabled webhook says so in its logs and cannot be simulated", async ({ page, api, complaints }) => {
  complaints.announceRefusal(409, "/api/simulate");
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  await api.call("POST", `/v1/webhooks/${id}/disable`);
  await visit(page, `/webhooks/${id}`);
  await expect(page.locator("main").getByText("Disabled", { exact: true })).toBeVisible();
  const panel = await openSimulator(page);
  await expect(panel.getByText("The webhook is disabled, so nothing can be sent to it.")).toBeVisible();
  await panel.getByRole("button", { name: "Send Simulated Payload" }).click();
  await expect(panel.getByRole("alert").filter({ hasText: "The webhook is disabled; enable it to send to it." })).toBeVisible();
});

test("the signing secret is rotated in the page", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}`);
  await page.getByRole("button", { name: "Reveal" }).click();
  const secret = page.getByTestId("signing-secret");
  await expect(secret).toHaveText(/^whsec_[\w+/]+=*$/);
  const before = await secret.innerText();
  await page.getByRole("button", { name: "Rotate" }).click();
  await page.getByRole("button", { name: "Make a new secret" }).click();
  await expect(secret).not.toHaveText(before);
  await expect(page.getByText("The former secret signs too until")).toBeVisible();
  await api.simulate(id, EXPORT_SUCCESS, {});
  const signatures = String((await receiver.hasReceived()).headers["webhook-signature"]).split(" ");
  expect(signatures, "one by each secret").toHaveLength(2);
  await page.getByRole("button", { name: "Hide" }).click();
  await expect(secret).toContainText("•••");
});

test("a type of one's own is chosen", async ({ page, api, receiver }) => {
  await api.call("POST", "/v1/event-types", { name: "invoice.paid" });
  await visit(page, "/developer");
  await page.getByRole("button", { name: "Create Webhook" }).click();
  const dialog = page.getByRole("dialog", { name: "New webhook" });
  await dialog.getByLabel("Webhook URL").fill(receiver.url);
  await dialog.getByRole("checkbox", { name: "invoice.paid" }).check();
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("list", { name: "Sent to it" })).toContainText("invoice.paid");
});

test("a type that the catalogue does not know is refused in words", async ({ page, complaints, receiver }) => {
  complaints.announceRefusal(422, "/api/create_webhook");
  const dialog = await openWebhookForm(page);
  await dialog.getByLabel("Webhook URL").fill(receiver.url);
  await dialog.getByLabel("Another type, by its name").fill("no.such_type");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog.getByRole("checkbox", { name: "no.such_type" })).toBeChecked();
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(dialog.getByRole("alert").getByText(/there is no event type `no\.such_type`/)).toBeVisible();
});
