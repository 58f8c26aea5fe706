// The settings: members, mail, what is checked on publish, notices, and the audit log.
import { randomBytes } from "node:crypto";
import { OWNER } from "./support/account";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { EXPORT_SUCCESS } from "./support/webhooks";

test("the settings are reached by the navigation", async ({ page }) => {
  await visit(page, "/developer");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
  await expect(page).toHaveURL("/settings");
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
});

test("a member is added, told less, and removed", async ({ page, complaints }) => {
  complaints.announceRefusal(422, "/api/add_member");
  const email = `grace-${randomBytes(4).toString("hex")}@example.com`;
  await visit(page, "/settings");
  await page.getByRole("button", { name: "Add member" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a member" });
  await dialog.getByLabel("E-mail").fill("not an address");
  await dialog.getByLabel("First password").fill("short");
  await dialog.getByRole("button", { name: "Add" }).click();
  await expect(dialog.getByLabel("E-mail")).toHaveAccessibleDescription(/such as ada@example\.com/);
  await expect(dialog.getByLabel("First password")).toHaveAccessibleDescription(/at least 10 characters/);
  await expect(dialog.getByLabel("E-mail")).toHaveValue("not an address");
  await dialog.getByLabel("E-mail").fill(email);
  await dialog.getByLabel("First password").fill("long enough for one");
  await dialog.getByRole("button", { name: "Add" }).click();
  await expect(dialog).toBeHidden();

  const row = page.getByTestId("member").filter({ hasText: email });
  const notices = row.getByRole("checkbox", { name: `Notices by e-mail to ${email}` });
  const before = await notices.isChecked();
  const stored = page.waitForResponse("**/api/set_member_notices*");
  await notices.setChecked(!before);
  await stored;
  await page.reload();
  await page.locator("body[data-hydrated=true]").waitFor();
  await expect(notices).toBeChecked({ checked: !before });

  await row.getByRole("button", { name: `Remove ${email}` }).click();
  const confirm = page.getByRole("dialog", { name: "Remove this member?" });
  await expect(confirm).toContainText(email);
  await confirm.getByRole("button", { name: "Remove" }).click();
  await expect(row).toHaveCount(0);
});

test("the last owner stays, and the page says why", async ({ page, complaints }) => {
  complaints.announceRefusal(409, "/api/remove_member");
  await visit(page, "/settings");
  await page.getByRole("button", { name: `Remove ${OWNER.email}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByRole("alert").filter({ hasText: /owner/ })).toBeVisible();
  await expect(page.getByTestId("member").filter({ hasText: OWNER.email })).toBeVisible();
});

test("what does not fit its schema is warned of, refused or let through, as the team says", async ({ page }) => {
  await visit(page, "/settings");
  const choice = page.getByRole("group", { name: /does not fit its type's schema/ });
  await expect(choice.getByRole("radio", { name: /^Warn/ })).toBeChecked();
  await choice.getByRole("radio", { name: /^Refuse/ }).check();
  await expect(choice).toContainText("Saved.");
  await visit(page, "/settings");
  await expect(choice.getByRole("radio", { name: /^Refuse/ })).toBeChecked();
  await choice.getByRole("radio", { name: /^Warn/ }).check();
  await expect(choice).toContainText("Saved.");
});

test("how long records are kept, and how mail is set up, is said", async ({ page }) => {
  await visit(page, "/settings");
  await expect(page.getByRole("region", { name: "Retention" })).toContainText("15 days");
  await expect(page.getByRole("region", { name: "Retention" })).toContainText("HOOKYARD_RETENTION_DAYS");
  await expect(page.getByRole("region", { name: "E-mail" })).toContainText("HOOKYARD_SMTP_URL");
});

test("a webhook that is disabled by itself is among the notices", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 410 });
  await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, "/settings");
  await api.publish(EXPORT_SUCCESS, {});
  const notice = page.getByTestId("notice").filter({ hasText: receiver.url }).filter({ hasText: "was disabled" });
  await expect(notice.first()).toContainText("Disabled");
});

test("who disabled a webhook is in the audit log, by what was done", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await api.call("POST", `/v1/webhooks/${id}/disable`);
  await visit(page, "/settings");
  const entry = page.getByTestId("audit-entry").filter({ hasText: id });
  await expect(entry).toContainText("Webhook disabled");
  await page.getByLabel("What was done").selectOption({ label: "Member added" });
  await expect(page).toHaveURL(/action=member_added/);
  await expect(entry).toHaveCount(0);
  await page.getByLabel("What was done").selectOption({ label: "Webhook disabled" });
  await expect(entry).toBeVisible();
});
