// A new server: it asks for its owner, once.
import { OWNER, SESSION } from "./support/account";
import { inspect } from "./support/inspect";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

test("a new server asks for the owner's account and leads to the Developer tab", async ({ page, context, complaints }) => {
  complaints.announceRefusal(422, "/api/set_up");
  await visit(page, "/events");
  await expect(page).toHaveURL(/\/setup$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Set up Hookyard");

  await page.getByLabel("Team name").fill(OWNER.team);
  await page.getByLabel("E-mail").fill(OWNER.email);
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Create account" }).click();

  const password = page.getByLabel("Password");
  await expect(password).toHaveAccessibleDescription("a password has at least 10 characters");
  await expect(password).toHaveAttribute("aria-invalid", "true");
  await expect(password).toHaveValue("");
  await expect(password).toBeFocused();
  await inspect(page, "setup");
  await expect(page.getByLabel("Team name")).toHaveValue(OWNER.team);
  await expect(page.getByLabel("E-mail")).toHaveValue(OWNER.email);

  await password.fill(OWNER.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL(/\/overview$/);
  await expect(page.getByTestId("first-steps")).toContainText("Receive webhooks from others");
  await inspect(page, "overview-empty");
  await visit(page, "/alerts");
  await expect(page.getByText("Nothing to look after")).toBeVisible();
  await inspect(page, "alerts-empty");
  await visit(page, "/developer");
  await expect(page.getByText("No webhooks yet")).toBeVisible();
  await expect(page.getByText(`Deliveries to 127.0.0.0/8, ::1/128 are allowed on this server`)).toBeVisible();
  await expect(page.getByRole("region", { name: "Event types" }).getByRole("link", { name: "Event catalogue" })).toBeVisible();
  await context.storageState({ path: SESSION });
  await inspect(page, "developer-empty");
});

test("a server with an owner is not set up again", async ({ page }) => {
  await visit(page, "/setup");
  await expect(page).toHaveURL(/\/sign-in$/);
});
