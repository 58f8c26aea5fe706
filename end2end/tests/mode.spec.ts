// Test and live never mix.
import { SIGNED_OUT, signIn } from "./support/account";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { EXPORT_SUCCESS, openWebhookForm } from "./support/webhooks";

// The mode belongs to the session: this one's own.
test.use({ storageState: SIGNED_OUT });

test("live mode has lists of its own, and deliveries in test mode go on", async ({ page, api, receiver }) => {
  const inTest = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await signIn(page);
  const mode = page.getByRole("group", { name: "Mode" });
  await expect(mode.getByRole("button", { name: "Test", exact: true })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByTestId("webhook").filter({ hasText: receiver.url })).toBeVisible();

  await mode.getByRole("button", { name: "Live", exact: true }).click();
  await expect(mode.getByRole("button", { name: "Live", exact: true })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByTestId("webhook").filter({ hasText: receiver.url })).toHaveCount(0);
  await expect(page.getByText("No key pairs yet")).toBeVisible();
  await visit(page, "/events");
  await expect(page.getByText("No events yet")).toBeVisible();
  await visit(page, "/requests");
  await expect(page.getByText("No requests yet")).toBeVisible();

  await api.publish(EXPORT_SUCCESS, {});
  await receiver.hasReceived();
  await visit(page, "/events");
  await expect(page.getByText("No events yet")).toBeVisible();

  await mode.getByRole("button", { name: "Test", exact: true }).click();
  await expect(page, "the list that was shown, in the other mode").toHaveURL(/\/events$/);
  await expect(page.getByTestId("event").first()).toBeVisible();
  await visit(page, `/webhooks/${inTest.id}`);
  await expect(page.getByTestId("attempt")).toHaveCount(1);
});

test("live mode takes https only and simulates nothing", async ({ page, complaints }) => {
  complaints.announceRefusal(422, "/api/create_webhook");
  await signIn(page);
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await expect(page.getByRole("button", { name: "Live", exact: true })).toHaveAttribute("aria-pressed", "true");

  const dialog = await openWebhookForm(page);
  const url = dialog.getByLabel("Webhook URL");
  await url.fill("http://example.com/hooks");
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(url).toHaveAccessibleDescription("a live webhook must be https");
  await url.fill("https://example.com/hooks");
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page).toHaveURL(/\/webhooks\/des_/);
  await expect(page.getByText("They appear here as soon as events are published.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Simulate Webhook" })).toHaveCount(0);

  // The page may ask once more while it goes, in the mode that knows nothing of it.
  complaints.announceRefusal(404, "/api/webhook");
  complaints.announceRefusal(404, "/api/signing_keys");
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await expect(page).toHaveURL(/\/developer$/);
  await expect(page.getByTestId("webhook").filter({ hasText: "https://example.com/hooks" })).toHaveCount(0);
});

test("a thing of the other mode is not found", async ({ page, api, complaints }) => {
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  await signIn(page);
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await expect(page.getByRole("button", { name: "Live", exact: true })).toHaveAttribute("aria-pressed", "true");
  complaints.announceRefusal(404, id);
  await visit(page, `/webhooks/${id}`);
  await expect(page.getByText(`There is no webhook ${id}.`)).toBeVisible();
  await expect(page.getByText("Signing Secret")).toBeHidden();
});
