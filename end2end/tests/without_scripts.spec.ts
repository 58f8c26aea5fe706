// Without JavaScript: what the server renders stands by itself.
import { OWNER, SIGNED_OUT } from "./support/account";
import { expect, test } from "./support/test";
import { EXPORT_SUCCESS } from "./support/webhooks";

test.use({ javaScriptEnabled: false, storageState: SIGNED_OUT });

test("signing in, switching the mode, reading and filtering work", async ({ page, api }) => {
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  const { request_id } = await api.publish(EXPORT_SUCCESS, { by: "server" });
  // Other webhooks of the team get it too, and not all of them deliver.
  const event = await api.eventFor(request_id, id);

  await page.goto(`/requests/${request_id}`);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel("E-mail").fill(OWNER.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("password is not right");
  await expect(page.getByLabel("E-mail")).toHaveValue(OWNER.email);
  await page.getByLabel("Password").fill(OWNER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(new RegExp(`/requests/${request_id}$`));
  await expect(page.getByRole("group", { name: "request body" })).toContainText('"by": "server"');
  await expect(page.getByTestId("event").first()).toBeVisible();

  await page.goto("/developer");
  await expect(page.getByTestId("webhook").first()).toBeVisible();
  await expect(page.getByTestId("key-pair").first()).toBeVisible();
  await page.locator(`a[href="/webhooks/${id}"]`).click();
  await expect(page.getByTestId("attempt")).toHaveCount(1);

  await page.goto("/events");
  await page.getByLabel("Status").selectOption({ label: "Successful" });
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page).toHaveURL(/status=SUCCESSFUL/);
  await expect(page.locator(`a[href="/events/${event}"]`)).toBeVisible();
  await page.goto(`/events/${event}`);
  await expect(page.getByTestId("attempt").first()).toBeVisible();

  for (const path of ["/sources", "/destinations", "/connections"]) {
    const answer = await page.goto(path);
    expect(answer!.status()).toBe(200);
    await expect(page.locator("main :is(.thing, .route-row, tbody tr)").first()).toBeVisible();
  }
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await expect(page.getByRole("button", { name: "Live", exact: true })).toHaveAttribute("aria-pressed", "true");
});
