// What signs a webhook's deliveries: revealed, rotated, ended, and how receivers check it.
import { createPublicKey, verify } from "node:crypto";
import type { Page } from "@playwright/test";
import { OWNER } from "./support/account";
import { inspect } from "./support/inspect";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { EXPORT_SUCCESS } from "./support/webhooks";

const secretOf = (page: Page) => page.getByTestId("signing-secret");
const keysOf = (page: Page) => page.getByTestId("signing-key");
const entriesOf = (page: Page) => page.getByTestId("audit-entry");

/** Chooses an overlap in the dialog that is open, and makes what is new. */
async function rotate(page: Page, title: string, overlap: string, verb: string, hours?: string): Promise<void> {
  const dialog = page.getByRole("dialog", { name: title });
  await dialog.getByLabel("Overlap").selectOption({ label: overlap });
  if (hours !== undefined) {
    await dialog.getByLabel("Hours").fill(hours);
  }
  await dialog.getByRole("button", { name: verb }).click();
}

test("the secret is revealed and hidden, and who revealed it is written down", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}`);
  await expect(secretOf(page)).toContainText("•••");
  await page.getByRole("link", { name: "Manage" }).click();
  await expect(page).toHaveURL(`/webhooks/${id}/signing`);
  await expect(page.getByText("Nobody has revealed the secret yet")).toBeVisible();

  await page.getByRole("button", { name: "Reveal" }).click();
  await expect(secretOf(page)).toHaveText(/^whsec_[\w+/]+=*$/);
  await expect(entriesOf(page)).toHaveCount(1);
  await expect(entriesOf(page)).toContainText("Secret revealed");
  await expect(entriesOf(page)).toContainText(OWNER.email);
  await expect(page.getByRole("button", { name: "Copy signing secret" })).toBeVisible();
  await page.getByRole("button", { name: "Hide" }).click();
  await expect(secretOf(page)).toContainText("•••");
  await expect(page.getByRole("button", { name: "Copy signing secret" })).toBeHidden();
});

test("a secret is rotated with an overlap, and the former is ended before its time", async ({ page, api, receiver, complaints }) => {
  complaints.announceRefusal(422, "/api/rotate_secret");
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}/signing`);
  await expect(keysOf(page)).toHaveCount(1);
  await expect(keysOf(page).getByRole("button")).toHaveCount(0);

  await page.getByRole("button", { name: "Rotate" }).click();
  const dialog = page.getByRole("dialog", { name: "Rotate the signing secret" });
  await rotate(page, "Rotate the signing secret", "Another number of hours", "Make a new secret", "a day");
  await expect(dialog.getByLabel("Hours")).toHaveAccessibleDescription("give whole hours, 0 to 720");
  await dialog.getByLabel("Hours").fill("721");
  await dialog.getByRole("button", { name: "Make a new secret" }).click();
  await expect(dialog.getByLabel("Hours")).toHaveAccessibleDescription("must be 0 to 720 hours");
  await expect(dialog.getByLabel("Hours")).toHaveValue("721");
  await dialog.getByLabel("Hours").fill("50");
  await dialog.getByRole("button", { name: "Make a new secret" }).click();
  await expect(dialog).toBeHidden();

  await expect(secretOf(page)).toHaveText(/^whsec_[^•]/);
  await expect(page.getByText("The former secret signs too until")).toBeVisible();
  await expect(keysOf(page)).toHaveCount(2);
  await expect(keysOf(page).nth(0)).toContainText("Current");
  await expect(keysOf(page).nth(1)).toContainText(/in 2 d 1 h/);
  await expect(entriesOf(page).first()).toContainText("the former signs too for 50 hours");
  await api.simulate(id, EXPORT_SUCCESS, {});
  expect(String((await receiver.hasReceived()).headers["webhook-signature"]).split(" ")).toHaveLength(2);

  await keysOf(page).nth(1).getByRole("button", { name: /^End now: sec_/ }).click();
  await page.getByRole("dialog", { name: "End it now?" }).getByRole("button", { name: "Keep" }).click();
  await expect(keysOf(page)).toHaveCount(2);
  await keysOf(page).nth(1).getByRole("button", { name: /^End now: sec_/ }).click();
  await page.getByRole("dialog", { name: "End it now?" }).getByRole("button", { name: "End now" }).click();
  await expect(keysOf(page)).toHaveCount(1);
  await expect(page.getByText("The former secret signs too until")).toBeHidden();
  await api.simulate(id, EXPORT_SUCCESS, {});
  expect(String((await receiver.hasReceived(2)).headers["webhook-signature"]).split(" ")).toHaveLength(1);
});

test("a key pair is turned on, its public key checks deliveries, and it is turned off", async ({ page, api, receiver, baseURL }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}/signing`);
  await page.getByRole("button", { name: "Turn on" }).click();
  const shown = page.getByTestId("public-key");
  await expect(shown).toHaveCount(1);
  const publicKey = await shown.locator("code").innerText();
  expect(publicKey).toMatch(/^whpk_/);
  await expect(page.getByText(`/public-keys/${id}`).first()).toBeVisible();
  const served = await (await fetch(`${baseURL}/public-keys/${id}`)).json();
  expect(served.keys.map((key: { public_key: string }) => key.public_key)).toEqual([publicKey]);

  await api.simulate(id, EXPORT_SUCCESS, {});
  const { headers, body } = await receiver.hasReceived();
  const signature = String(headers["webhook-signature"]).split(" ").find((given) => given.startsWith("v1a,"))!;
  const x = Buffer.from(publicKey.slice("whpk_".length), "base64").toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  expect(verify(null, Buffer.from(signed), key, Buffer.from(signature.slice(4), "base64"))).toBe(true);

  await page.getByRole("link", { name: "By the public key" }).click();
  await expect(page.getByTestId("snippet")).toContainText(publicKey);
  await page.getByRole("tab", { name: "Python" }).click();
  await expect(page.getByTestId("no-snippet")).toBeVisible();

  await page.getByRole("button", { name: "New key" }).click();
  await rotate(page, "Make a new key pair", "1 hour", "Make a new key");
  await expect(shown).toHaveCount(2);
  await expect(shown.nth(1)).toContainText("Former public key");
  await inspect(page, "signing-pair");

  await page.getByRole("button", { name: "Turn off" }).click();
  await page.getByRole("dialog", { name: "Turn Ed25519 off?" }).getByRole("button", { name: "Turn off" }).click();
  await expect(shown).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Turn on" })).toBeVisible();
  expect((await fetch(`${baseURL}/public-keys/${id}`)).status).toBe(404);
  await expect(entriesOf(page).first()).toContainText("Signing key removed");
});

test("programs that check deliveries are in tabs, and have the secret only once it is revealed", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}/signing`);
  const program = page.getByTestId("snippet");
  const tab = (name: string) => page.getByRole("tab", { name, exact: true });
  await expect(tab("JavaScript")).toHaveAttribute("aria-selected", "true");
  await expect(program).toContainText("process.env.WEBHOOK_SECRET");
  await expect(program).toContainText(new URL(receiver.url).pathname);

  for (const [name, text] of [
    ["Python", "hmac.compare_digest"],
    ["Go", "hmac.Equal"],
    ["Rust", "hmac::verify"],
    ["Ruby", "OpenSSL.secure_compare"],
    ["Java", "MessageDigest.isEqual"],
    ["curl and openssl", "openssl dgst"],
  ]) {
    await tab(name).click();
    await expect(tab(name)).toHaveAttribute("aria-selected", "true");
    await expect(program).toContainText(text);
    await expect(program).toContainText("WEBHOOK_SECRET");
  }
  await tab("curl and openssl").press("ArrowRight");
  await expect(tab("JavaScript")).toBeFocused();
  await expect(tab("JavaScript")).toHaveAttribute("aria-selected", "true");
  await tab("JavaScript").press("End");
  await expect(tab("curl and openssl")).toBeFocused();
  await expect(program).toContainText("openssl dgst");

  await page.getByRole("button", { name: "Reveal" }).click();
  await expect(secretOf(page)).toHaveText(/^whsec_[^•]/);
  const secret = await secretOf(page).innerText();
  await expect(program).toContainText(secret);
  await page.getByRole("button", { name: "Hide" }).click();
  await expect(program).not.toContainText("whsec_•");
  await expect(program).not.toContainText(secret);

  await page.reload();
  await expect(tab("curl and openssl")).toHaveAttribute("aria-selected", "true");
});

test("what signs is shown without scripts too", async ({ browser, api, receiver, baseURL }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  const context = await browser.newContext({ baseURL, storageState: "test-results/owner.json", javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`/webhooks/${id}/signing`);
  await expect(keysOf(page)).toHaveCount(1);
  await page.getByRole("tab", { name: "Go" }).click();
  await expect(page.getByTestId("snippet")).toContainText("package main");
  await context.close();
});

test("a webhook that is not there has nothing that signs", async ({ page, complaints }) => {
  complaints.announceRefusal(404, "/");
  await visit(page, "/webhooks/des_01HF7YAT000000000000000007/signing");
  await expect(page.getByRole("alert").first()).toContainText(/no webhook/i);
});
