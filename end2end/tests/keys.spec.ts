// Key pairs: made in the page, seen once, ended there.
import { Api } from "./support/api";
import { createCredentials } from "./support/keys";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

test("a private key is shown once, works, and ends when it is revoked", async ({ page, baseURL }) => {
  const keys = await createCredentials(page);
  expect(keys.public).toMatch(/^public_test_/);
  await expect(page.getByText("Copy the private key now: it is not shown again.")).toBeVisible();
  const api = new Api(baseURL!, keys.private);
  await api.call("GET", "/v1/webhooks");

  await page.getByRole("button", { name: "I have copied it" }).click();
  await expect(page.getByTestId("new-key-pair")).toBeHidden();
  await visit(page, "/developer");
  const pair = page.getByTestId("key-pair").filter({ hasText: keys.public });
  await expect(pair).toBeVisible();
  expect(await page.content()).not.toContain(keys.private);

  await pair.getByRole("button", { name: `Revoke ${keys.public}` }).click();
  const dialog = page.getByRole("dialog", { name: "Revoke this key pair?" });
  await expect(dialog).toContainText(keys.public);
  await dialog.getByRole("button", { name: "Keep" }).click();
  await expect(dialog).toBeHidden();
  await expect(pair).toBeVisible();

  await pair.getByRole("button", { name: `Revoke ${keys.public}` }).click();
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await expect(pair).toHaveCount(0);
  await expect(api.call("GET", "/v1/webhooks")).rejects.toThrow(/401/);
});
