// A source, a destination and a connection, made in the page; then a provider sends.
import { createHmac, randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { attempts, expand } from "./support/webhooks";

async function create(page: Page, path: string, noun: string, fill: (dialog: ReturnType<Page["getByRole"]>) => Promise<void>) {
  await visit(page, path);
  await page.getByRole("button", { name: `Create ${noun}` }).click();
  const dialog = page.getByRole("dialog", { name: `New ${noun.toLowerCase()}` });
  await fill(dialog);
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(dialog).toBeHidden();
}

test("what arrives at a source is delivered to its destinations", async ({ page, receiver, request }) => {
  const name = `orders-${randomUUID().slice(0, 8)}`;
  await visit(page, "/sources");
  await page.getByRole("link", { name: "Create Source" }).click();
  await page.getByRole("link", { name: /^Any webhook/ }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("What proves the sender").selectOption({ label: "An HMAC signature" });
  await page.getByLabel("Header with the signature").fill("x-shop-signature");
  await page.getByLabel("Secret").fill("shop secret");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByTestId("source-page")).toContainText("HMAC with SHA-256");
  const url = (await page.getByTestId("source-url").locator("code").innerText()).trim();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/in\/src_\w+$/);

  await visit(page, "/destinations/new");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("URL", { exact: true }).fill(receiver.url);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByTestId("destination-page")).toContainText(receiver.url);
  await visit(page, "/destinations/new?type=MOCK");
  await page.getByLabel("Name", { exact: true }).fill(`${name}-copy`);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByTestId("destination-page")).toContainText("Built-in receiver");

  for (const destination of [name, `${name}-copy`]) {
    // With all that other tests made, groups are folded.
    await create(page, "/connections?fold=none", "Connection", async (dialog) => {
      await dialog.getByLabel("Name").fill(`to-${destination}`);
      await dialog.getByLabel("From source").selectOption({ label: name });
      await dialog.getByLabel("To destination").selectOption({ label: destination });
    });
    await expect(page.getByTestId("connection").filter({ hasText: `to-${destination}` }).first()).toContainText(`from ${name}`);
  }

  const body = '{"order":  1001, "total": 12.50}';
  const signature = createHmac("sha256", "shop secret").update(body).digest("hex");
  const refused = await request.post(url, { data: body, headers: { "x-shop-signature": "0000" } });
  expect(refused.status()).toBe(401);
  const taken = await request.post(`${url}/eu?shop=7`, {
    data: Buffer.from(body),
    headers: { "x-shop-signature": signature, "content-type": "application/json" },
  });
  expect(taken.status()).toBe(200);
  const { request_id } = (await taken.json()) as { request_id: string };
  const delivered = await receiver.hasReceived();
  expect(delivered.body).toBe(body);
  expect(delivered.path).toBe(`${new URL(receiver.url).pathname}/eu?shop=7`);

  await visit(page, "/requests");
  await page.locator("select[name=source]").selectOption({ label: name });
  await expect(page.getByTestId("request")).toHaveCount(2);
  await expect(page.getByTestId("request").first()).toContainText("Verified");
  await expect(page.getByTestId("request").last()).toContainText("sender not proven");
  await page.locator(`a[href="/requests/${request_id}"]`).click();
  await expect(page.getByRole("region", { name: "payload" })).toContainText("/eu?shop=7");
  await expect(page.getByTestId("event")).toHaveCount(2);
  await page.getByTestId("event").filter({ hasText: `${name}-copy` }).getByRole("link").click();
  await expect(await expand(attempts(page))).toContainText("Built-in receiver");
});

test("a paused connection holds its events, and sends them when it is resumed", async ({ page, api, receiver, request }) => {
  const name = `paused-${randomUUID().slice(0, 8)}`;
  const source = await api.call<{ id: string; url: string }>("POST", "/v1/sources", { name });
  const destination = await api.call<{ id: string }>("POST", "/v1/destinations", { name, config: { url: receiver.url } });
  await api.call("POST", "/v1/connections", { name, source_id: source.id, destination_id: destination.id });
  await visit(page, "/connections");
  const connection = page.getByTestId("connection").filter({ has: page.getByRole("heading", { name }) });
  await connection.getByRole("button", { name: `Pause ${name}` }).click();
  await expect(connection).toContainText("Paused");

  const taken = await request.post(source.url, { data: "held" });
  const { request_id } = (await taken.json()) as { request_id: string };
  const events = await page.context().newPage();
  await visit(events, `/requests/${request_id}`);
  await expect(events.getByTestId("event")).toHaveAttribute("data-status", "HOLD");
  expect(receiver.received).toHaveLength(0);

  await connection.getByRole("button", { name: `Resume ${name}` }).click();
  expect((await receiver.hasReceived()).body).toBe("held");
  await expect(events.getByTestId("event")).toHaveAttribute("data-status", "SUCCESSFUL");
});

test("what is in use is not deleted, and the page says why", async ({ page, api, receiver, complaints }) => {
  complaints.announceRefusal(409, "/api/delete_destination");
  const name = `in-use-${randomUUID().slice(0, 8)}`;
  const source = await api.call<{ id: string }>("POST", "/v1/sources", { name });
  const destination = await api.call<{ id: string }>("POST", "/v1/destinations", { name, config: { url: receiver.url } });
  await api.call("POST", "/v1/connections", { name, source_id: source.id, destination_id: destination.id });
  await visit(page, `/destinations/${destination.id}`);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog", { name: "Delete this destination?" }).getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("alert").first()).toContainText(/connection/i);
  await expect(page.getByTestId("destination-page")).toContainText(name);
});
