// Destinations: made, changed, paused and looked at in the page.
import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

const unique = () => `ship-${randomUUID().slice(0, 8)}`;
const save = (page: Page, name: "Create" | "Save") => page.getByRole("button", { name, exact: true }).click();
const shown = (page: Page) => page.getByTestId("destination-page");

/** A source connected to a destination with this config; returns their ids. */
async function connected(api: { call<T>(method: string, path: string, body?: unknown): Promise<T> }, input: object) {
  const source = await api.call<{ id: string }>("POST", "/v1/sources", { name: unique() });
  const destination = await api.call<{ id: string }>("POST", "/v1/destinations", { name: unique(), ...input });
  const ends = { source_id: source.id, destination_id: destination.id };
  await api.call("POST", "/v1/connections", { name: unique(), ...ends });
  return { source: source.id, destination: destination.id };
}

test("a destination is made with all that it can be told, and changed", async ({ page, api, complaints }) => {
  const name = unique();
  await visit(page, "/destinations");
  await page.getByRole("link", { name: "Create Destination" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("URL", { exact: true }).fill("ftp://example.com");
  await page.getByLabel("Method").selectOption("PUT");
  await page.getByRole("button", { name: "Add header" }).click();
  await page.getByLabel("Name of header 1").fill("x-shop");
  await page.getByLabel("Value of header 1").fill("7");
  await page.getByLabel("Also send").selectOption({ label: "An OAuth 2 access token (client credentials)" });
  await page.getByLabel("Token URL").fill("https://id.example.com/token");
  await page.getByLabel("Client id").fill("shop");
  await page.getByLabel("Client secret").fill("s3cr3t");
  await page.getByLabel("At most so many deliveries").fill("10");
  await page.getByLabel("In", { exact: true }).selectOption("minute");
  complaints.announceRefusal(422, "/api/create_destination");
  await save(page, "Create");
  // What was typed stays, and the mistake is beside its field.
  await expect(page.getByLabel("URL", { exact: true })).toBeFocused();
  await expect(page.getByText("`ftp` is not http or https")).toBeVisible();
  await expect(page.getByLabel("Client secret")).toHaveValue("s3cr3t");
  await page.getByLabel("URL", { exact: true }).fill("https://example.com/hooks");
  await save(page, "Create");

  await expect(shown(page)).toContainText("https://example.com/hooks");
  for (const words of ["PUT", "at most 10 a minute", "an access token of shop", "x-shop: 7"]) {
    await expect(shown(page)).toContainText(words);
  }
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await expect(page.getByLabel("Client secret")).not.toHaveValue("s3cr3t");
  await page.getByLabel("At most so many deliveries").fill("");
  await save(page, "Save");
  await expect(shown(page)).toContainText("no limit");
  const id = page.url().split("/").pop();
  const record = await api.call<{ config: { auth: { client_secret: string }; rate_limit: null } }>("GET", `/v1/destinations/${id}`);
  expect([record.config.auth.client_secret, record.config.rate_limit]).toEqual(["••••••••", null]);

  await visit(page, `/destinations?q=${name}`);
  await expect(page.getByTestId("destination")).toHaveCount(1);
  await page.getByTestId("destination").getByRole("link", { name }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  // What shows it asks once more before the page is left.
  complaints.announceRefusal(404, "/api/destination_page");
  complaints.announceRefusal(404, "/api/signing_keys");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL(/\/destinations$/);
});

test("a paused destination holds its events, and sends them when it goes on", async ({ page, api, receiver, request }) => {
  const { source, destination } = await connected(api, { config: { url: receiver.url } });
  await visit(page, `/destinations/${destination}`);
  await expect(shown(page)).toContainText("Active");
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(shown(page)).toContainText("Paused since");
  for (const n of [1, 2]) {
    expect((await request.post(`/in/${source}`, { data: { n } })).status()).toBe(200);
  }
  await expect(shown(page).getByRole("link", { name: "2", exact: true })).toBeVisible();
  expect(receiver.received).toHaveLength(0);
  await visit(page, "/destinations");
  await page.getByTestId("destination").filter({ has: page.locator(`a[href$="${destination}"]`) }).getByRole("button", { name: /^Resume/ }).click();
  await expect.poll(() => receiver.received.length).toBe(2);
  await visit(page, `/destinations/${destination}`);
  await expect(page.getByTestId("attempts").getByText("Successful")).toHaveCount(2);
});

test("a revealed secret stays shown while deliveries go on", async ({ page, api, receiver, request }) => {
  const { source, destination } = await connected(api, { config: { url: receiver.url } });
  await visit(page, `/destinations/${destination}`);
  await page.getByRole("button", { name: "Reveal" }).click();
  const secret = page.getByTestId("signing-secret");
  await expect(secret).not.toContainText("•");
  await request.post(`/in/${source}`, { data: {} });
  await expect(page.getByTestId("attempts").getByText("Successful")).toHaveCount(1);
  await expect(shown(page).getByRole("img", { name: /^Last 24 hours: 1 attempt/ })).toBeVisible();
  await expect(secret).not.toContainText("•");
});

test("the built-in receiver answers as it is told", async ({ page, request, api }) => {
  const name = unique();
  await visit(page, "/destinations/new?type=MOCK");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Status", { exact: true }).fill("503");
  await page.getByLabel("Body", { exact: true }).fill("not today");
  await save(page, "Create");
  await expect(shown(page)).toContainText("503");
  const destination = page.url().split("/").pop();
  const source = await api.call<{ id: string }>("POST", "/v1/sources", { name: unique() });
  await api.call("POST", "/v1/connections", { name: unique(), source_id: source.id, destination_id: destination });
  await request.post(`/in/${source.id}`, { data: {} });
  await expect(shown(page)).toContainText("The last attempt failed");
  await expect(page.getByTestId("attempts")).toContainText("503");
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("a destination is made and changed, and what is refused stands there again", async ({ page, api }) => {
    const name = unique();
    await page.goto("/destinations/new");
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("URL", { exact: true }).fill("https://example.com/plain");
    await page.getByLabel("Timeout in milliseconds").fill("soon");
    await page.getByLabel("At most so many deliveries").fill("20");
    await page.getByLabel("In", { exact: true }).selectOption({ label: "a minute" });
    await page.getByLabel("Disable it by itself").uncheck();
    await page.getByLabel("Also send").selectOption({ label: "A bearer token" });
    await save(page, "Create");
    await expect(page).toHaveURL(/destinations\/new/);
    await expect(page.locator("#timeout_ms-hint")).toContainText(/whole number/);
    await expect(page.getByLabel("URL", { exact: true })).toHaveValue("https://example.com/plain");
    await expect(page.getByLabel("In", { exact: true })).toHaveValue("minute");
    await expect(page.getByLabel("Disable it by itself")).not.toBeChecked();
    await page.getByLabel("Token").fill("a token");
    await page.getByLabel("Timeout in milliseconds").fill("4000");
    await save(page, "Create");
    await expect(page).toHaveURL(/\/destinations\/des_\w+$/);
    type Stored = { name: string; auto_disable: object | null; config: { rate_limit: number; rate_limit_period: string; auth_type: string } };
    const stored = () => api.call<Stored>("GET", `/v1${new URL(page.url()).pathname.replace("/edit", "")}`);
    expect(await stored()).toMatchObject({ name, auto_disable: null, config: { rate_limit: 20, rate_limit_period: "minute", auth_type: "BEARER" } });

    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByLabel("Description").fill("Changed by hand");
    await save(page, "Save");
    await expect(page.getByTestId("destination-page")).toContainText("Changed by hand");
    expect(await stored()).toMatchObject({ name, auto_disable: null, config: { rate_limit: 20, auth_type: "BEARER" } });
  });
});
