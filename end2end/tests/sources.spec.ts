// Sources in the page: made for a provider, checked, answered in the team's own words, their URL changed, and disabled.
import { createHmac, randomUUID } from "node:crypto";
import type { APIRequestContext, Page } from "@playwright/test";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

const unique = (name: string) => `${name}-${randomUUID().slice(0, 8)}`;
const shownUrl = async (page: Page) => (await page.getByTestId("source-url").locator("code").innerText()).trim();
const save = (page: Page, verb = "Create") => page.getByRole("button", { name: verb, exact: true }).click();

/** Sends as GitHub does. */
function sendSigned(request: APIRequestContext, url: string, secret: string, body: string) {
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  return request.post(url, {
    data: Buffer.from(body),
    headers: { "content-type": "application/json", "x-github-event": "push", "x-hub-signature-256": signature },
  });
}

test("a provider is chosen by keyboard, and what it signs is verified", async ({ page, request }) => {
  const name = unique("code");
  await visit(page, "/sources");
  await page.getByRole("link", { name: "Create Source" }).click();
  await page.getByLabel("Search").fill("github");
  const tile = page.getByTestId("types").getByRole("link", { name: /^GitHub/ });
  await expect(page.getByTestId("types").getByRole("link", { name: /Stripe/ })).toHaveCount(0);
  await tile.focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await expect(page.getByLabel("What proves the sender")).toHaveValue("PROVIDER_SIGNATURE");
  await page.locator("#auth-secret").fill("it is a secret");
  await save(page);

  await expect(page).toHaveURL(/\/sources\/src_\w+$/);
  const main = page.getByTestId("source-page");
  await expect(main).toContainText(name);
  await expect(main).toContainText("GitHub");
  const url = await shownUrl(page);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/in\/src_\w+$/);
  await expect(page.locator("body")).not.toContainText("it is a secret");

  expect((await sendSigned(request, url, "it is a secret", '{"ref":"main"}')).status()).toBe(200);
  expect((await sendSigned(request, url, "it is another", '{"ref":"main"}')).status()).toBe(401);
  const last = page.getByTestId("last-requests").locator("li");
  await expect(last).toHaveCount(2);
  await expect(last.first()).toContainText("Not proven");
  await expect(last.last()).toContainText("Verified");
  await last.last().getByRole("link").click();
  await expect(page.getByRole("main")).toContainText(/verified/i);
});

test("what is stored of a secret is kept when a source is edited", async ({ page, request }) => {
  const name = unique("kept");
  await visit(page, "/sources/new?type=GITHUB");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.locator("#auth-secret").fill("s3cret");
  await save(page);
  const url = await shownUrl(page);
  await page.getByRole("link", { name: "Edit" }).click();
  const secret = page.locator("#auth-secret");
  await expect(secret).toHaveValue("••••••••");
  await expect(secret).toHaveAttribute("type", "password");
  await page.getByLabel("Description").fill("what changes in the code");
  await page.getByRole("checkbox", { name: "PUT" }).uncheck();
  await save(page, "Save");
  await expect(page.getByTestId("source-page")).toContainText("what changes in the code");
  expect((await sendSigned(request, url, "s3cret", "{}")).status()).toBe(200);
  expect((await request.put(url, { data: "{}" })).status()).toBe(405);
});

test("senders are answered by the first rule that matches, as the preview says", async ({ page, request }) => {
  await visit(page, "/sources/new?type=WEBHOOK");
  await page.getByLabel("Name", { exact: true }).fill(unique("answers"));
  await page.getByLabel("Answer senders in our own words").check();
  await page.getByRole("button", { name: "Add a rule" }).click();
  await page.getByRole("button", { name: "Add a rule" }).click();
  const rules = page.getByTestId("rule");
  await expect(rules).toHaveCount(2);
  const fill = async (index: number, conditions: object, type: string, body: string) => {
    const rule = rules.nth(index);
    await rule.getByLabel("Answers when").fill(JSON.stringify(conditions));
    await rule.getByLabel("Content type").fill(type);
    await rule.getByLabel("Body").fill(body);
  };
  await fill(0, {}, "text/plain", "everything");
  await fill(1, { body: { type: "ping" } }, "text/plain", "pong {{body.id}}");
  const preview = page.getByTestId("preview");
  await expect(preview).toContainText("Rule 1 answers");
  await rules.nth(1).getByRole("button", { name: "Move Rule 2 up" }).click();
  await expect(preview).toContainText("Rule 1 answers");
  await expect(page.getByTestId("preview-body")).toHaveText("pong evt_1");
  await rules.nth(1).getByLabel("On", { exact: true }).uncheck();
  await page.locator("#try-body").fill('{"type":"other"}');
  await expect(preview).toContainText("No rule answers");
  await save(page);
  await expect(page).toHaveURL(/\/sources\/src_\w+$/);
  const url = await shownUrl(page);
  const pong = await request.post(url, { data: { type: "ping", id: 'a"b' } });
  expect([pong.status(), await pong.text()]).toEqual([200, 'pong a"b']);
  const other = await request.post(url, { data: { type: "other" } });
  expect(await other.json()).toMatchObject({ ok: true, request_id: other.headers()["hookyard-request-id"] });
  await expect(page.getByTestId("last-requests").locator("li")).toHaveCount(2);
});

test("a URL is changed with an overlap, and the one before is ended", async ({ page, api, request }) => {
  const source = await api.call<{ id: string; url: string }>("POST", "/v1/sources", { name: unique("moving") });
  await visit(page, `/sources/${source.id}`);
  await page.getByRole("button", { name: "Change the URL" }).click();
  const dialog = page.getByRole("dialog", { name: "Change the URL" });
  await dialog.getByLabel("Overlap").selectOption({ label: "7 days" });
  await dialog.getByRole("button", { name: "Make a new URL" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByTestId("source-url")).not.toContainText(source.id);
  const url = await shownUrl(page);
  const former = page.getByTestId("former-url");
  await expect(former).toContainText(source.url);
  await expect(former).toContainText("in 6 d");
  for (const both of [url, source.url]) {
    expect((await request.post(both, { data: "x" })).status()).toBe(200);
  }
  await former.getByRole("button", { name: "End it now" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
  await expect(former).toHaveCount(0);
  expect((await request.post(source.url, { data: "x" })).status()).toBe(404);
  expect((await request.post(url, { data: "x" })).status()).toBe(200);
});

test("a source is disabled with its connections, by name, and enabled with them", async ({ page, api, receiver, request }) => {
  const name = unique("brake");
  const source = await api.call<{ id: string; url: string }>("POST", "/v1/sources", { name });
  const destination = await api.call<{ id: string }>("POST", "/v1/destinations", { name, config: { url: receiver.url } });
  for (const connection of [`${name}-a`, `${name}-b`]) {
    await api.call("POST", "/v1/connections", { name: connection, source_id: source.id, destination_id: destination.id });
  }
  await visit(page, `/sources/${source.id}`);
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("dialog")).toContainText("2 connections start here");
  await page.getByRole("dialog").getByRole("button", { name: "Keep" }).click();
  await page.getByRole("button", { name: "Disable" }).click();
  const dialog = page.getByRole("dialog", { name: "Disable this source?" });
  await expect(dialog).toContainText("2 connections are disabled with it");
  await expect(dialog.getByTestId("affected").locator("li")).toHaveText([`${name}-a`, `${name}-b`]);
  await dialog.getByRole("button", { name: "Disable" }).click();
  const connections = page.getByTestId("source-connections").locator("li");
  await expect(connections.first()).toContainText("Disabled with the source");
  expect((await request.post(source.url, { data: "x" })).status()).toBe(410);
  await page.getByRole("button", { name: "Enable" }).click();
  await expect(connections.first()).toContainText("Active");
  await expect(connections.last()).toContainText("Active");
  expect((await request.post(source.url, { data: "x" })).status()).toBe(200);
});

test("what is wrong stands beside its field, and what was typed is kept", async ({ page, api, complaints }) => {
  const taken = unique("taken");
  await api.call("POST", "/v1/sources", { name: taken });
  complaints.announceRefusal(409, "/api/create_source");
  complaints.announceRefusal(422, "/api/create_source");
  await visit(page, "/sources/new?type=STRIPE");
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("  ");
  await save(page);
  await expect(name).toBeFocused();
  await expect(page.locator("#name-hint")).toContainText(/give it a name/i);
  await expect(page.locator("#auth-secret-hint")).toContainText("Stripe needs it");
  await name.fill(taken);
  await page.locator("#auth-secret").fill("whsec_kept");
  await save(page);
  await expect(page.getByRole("alert").first()).toContainText("has the name");
  await expect(page.locator("#auth-secret")).toHaveValue("whsec_kept");

  await page.getByLabel("Answer senders in our own words").check();
  await page.getByRole("button", { name: "Add a rule" }).click();
  const rule = page.getByTestId("rule");
  await rule.getByLabel("Answers when").fill('{"body": {"a": {"$near": 1}}}');
  await rule.getByLabel("Content type").fill("text/html");
  await name.fill(unique("free"));
  await save(page);
  await expect(rule).toContainText("$near");
  await expect(rule).toContainText("is not JSON, plain text or XML");
  await rule.getByLabel("Answers when").fill('{"body": ');
  await expect(rule).toContainText("EOF");
});

test("a list is searched and filtered, and without scripts too", async ({ page, api, browser }) => {
  const name = unique("findme");
  await api.call("POST", "/v1/sources", { name, type: "WEBHOOK", status: "disabled" });
  await visit(page, "/sources");
  await page.getByLabel("Search").fill(name);
  await page.getByLabel("Search").press("Enter");
  const row = page.getByTestId("source");
  await expect(row).toHaveCount(1);
  await expect(row).toContainText("Disabled");
  await page.getByLabel("Status").selectOption({ label: "Enabled" });
  await expect(page.getByTestId("empty")).toContainText("No source fits");
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
  const plain = await context.newPage();
  await plain.goto(new URL(`/sources?q=${name}`, page.url()).href);
  await expect(plain.getByTestId("source")).toContainText(name);
  await plain.goto(new URL("/sources/new", page.url()).href);
  await plain.getByLabel("Search").fill("slack");
  await plain.getByRole("button", { name: "Filter" }).click();
  await plain.getByRole("link", { name: /^Slack/ }).click();
  await expect(plain.getByLabel("Name", { exact: true })).toBeVisible();
  await context.close();
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("a source is made and changed, and what is refused stands there again", async ({ page, request }) => {
    const name = unique("plain");
    await page.goto("/sources/new");
    await page.getByTestId("types").getByRole("link", { name: /^GitHub/ }).click();
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Description").fill("Made by hand");
    await page.getByRole("checkbox", { name: "PUT" }).uncheck();
    await save(page);
    await expect(page).toHaveURL(/sources\/new\?type=GITHUB/);
    await expect(page.locator("#auth-secret-hint")).toContainText("GitHub needs it");
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
    await expect(page.getByLabel("Description")).toHaveValue("Made by hand");
    await expect(page.getByRole("checkbox", { name: "PUT" })).not.toBeChecked();
    await expect(page.getByRole("checkbox", { name: "POST" })).toBeChecked();
    await page.locator("#auth-secret").fill("it is a secret");
    await save(page);
    await expect(page).toHaveURL(/\/sources\/src_\w+$/);
    const url = await shownUrl(page);
    expect((await sendSigned(request, url, "it is a secret", "{}")).status()).toBe(200);
    expect((await request.put(url, { data: "{}" })).status()).toBe(405);

    // The secret is kept where it is left alone.
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByLabel("Name", { exact: true }).fill(" ");
    await save(page, "Save");
    await expect(page).toHaveURL(/\/edit/);
    await expect(page.locator("#name-hint")).toContainText(/give it a name/i);
    await page.getByLabel("Name", { exact: true }).fill(`${name}-2`);
    await save(page, "Save");
    await expect(page.getByTestId("source-page")).toContainText(`${name}-2`);
    expect((await sendSigned(request, url, "it is a secret", "{}")).status()).toBe(200);
  });

  test("what proves the sender is chosen, and then asked for", async ({ page }) => {
    await page.goto("/sources/new?type=WEBHOOK");
    await page.getByLabel("Name", { exact: true }).fill(unique("plain"));
    await page.getByLabel("What proves the sender").selectOption("HMAC");
    await save(page);
    await expect(page.getByLabel("What proves the sender")).toHaveValue("HMAC");
    await expect(page.locator("#secret-hint .mistake")).toBeVisible();
    await page.getByLabel("Secret").fill("shop secret");
    await page.getByLabel("Header with the signature").fill("x-shop-hmac");
    await page.getByLabel("Proxy: answer what an upstream").check();
    await save(page);
    await expect(page.getByLabel("Header with the signature")).toHaveValue("x-shop-hmac");
    await page.getByLabel("Upstream URL").fill("https://shop.example.com/hooks");
    await page.getByLabel("Secret").fill("shop secret");
    await save(page);
    await expect(page).toHaveURL(/\/sources\/src_\w+$/);
    await expect(page.getByTestId("upstream")).toContainText("https://shop.example.com/hooks");
  });
});
