// A connection's rules: written by form and as JSON, tried on what came, saved, and at work.
import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import type { Api } from "./support/api";
import { inspect } from "./support/inspect";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

type Made = { id: string; url: string };

async function connect(api: Api, url?: string): Promise<{ name: string; source: Made; connection: Made }> {
  const name = `rules-${randomUUID().slice(0, 8)}`;
  const source = await api.call<Made>("POST", "/v1/sources", { name });
  const to = url ? { name, config: { url } } : { name, type: "MOCK" };
  const destination = await api.call<Made>("POST", "/v1/destinations", to);
  const connection = await api.call<Made>("POST", "/v1/connections", { name, source_id: source.id, destination_id: destination.id });
  return { name, source, connection };
}

async function send(source: Made, body: object): Promise<string> {
  const response = await fetch(source.url, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", "x-shop": "7" } });
  return ((await response.json()) as { request_id: string }).request_id;
}

const stage = (page: Page, kind: string) => page.getByTestId(`rule-${kind}`);
const turnOn = (page: Page, kind: string) => stage(page, kind).getByRole("switch").check();

test("a filter is written as a form, tried, saved, and says why it filtered", async ({ page, api, receiver }) => {
  const { source, connection } = await connect(api, receiver.url);
  for (const total of [50, 150, 250]) {
    await send(source, { total, customer: { country: total > 200 ? "DE" : "FR" } });
  }
  await receiver.hasReceived(3);
  await visit(page, `/connections/${connection.id}`);
  await turnOn(page, "filter");
  await expect(page.getByText("Not saved yet")).toBeVisible();
  const filter = stage(page, "filter");
  await expect(page.locator("#filter-fields option[value='customer.country']")).toHaveCount(1);
  await filter.getByLabel("Field").fill("total");
  await filter.getByLabel("Operator").selectOption({ label: "is at least" });
  await filter.getByLabel("Value").fill("100");

  await page.getByRole("button", { name: "Try", exact: true }).click();
  await expect(page.getByTestId("trial-sum")).toContainText("2 of 3 would be sent: 1 filtered.");
  await expect(page.getByTestId("compared")).toContainText("1 that the saved rules send would no longer be sent");
  const filtered = page.getByTestId("tried").filter({ hasText: "Filtered" });
  await expect(filtered).toContainText(/total is 50/);
  await filtered.locator("summary").click();
  await expect(filtered).toContainText("/body/total/$gte");
  expect(receiver.received, "trying sends nothing").toHaveLength(3);

  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  const { rules } = await api.call<{ rules: unknown[] }>("GET", `/v1/connections/${connection.id}`);
  expect(rules).toEqual([{ type: "filter", body: { total: { $gte: 100 } } }]);
  const refused = await send(source, { total: 7 });
  await send(source, { total: 700 });
  expect(JSON.parse((await receiver.hasReceived(4)).body)).toEqual({ total: 700 });
  await visit(page, `/requests/${refused}`);
  await expect(page.locator("main")).toContainText(/total is 7/);

  // The form and the JSON are two ways to write one thing.
  await visit(page, `/connections/${connection.id}`);
  await stage(page, "filter").getByRole("button", { name: "JSON" }).click();
  await expect(page.locator("#filter-json")).toHaveValue('{\n  "total": {\n    "$gte": 100\n  }\n}');
});

test("what is wrong with a rule stands beside it, and what was typed stays", async ({ page, api, complaints }) => {
  complaints.announceRefusal(422, "/api/save_connection");
  const { connection } = await connect(api);
  await visit(page, `/connections/${connection.id}`);
  await turnOn(page, "filter");
  await turnOn(page, "delay");
  await stage(page, "delay").getByRole("textbox", { name: "Delay" }).fill("soon");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(stage(page, "delay")).toContainText("is a number", { ignoreCase: true });
  await expect(stage(page, "filter")).toContainText("An empty filter is not saved", { ignoreCase: true });
  await expect(stage(page, "delay").getByRole("textbox", { name: "Delay" })).toHaveValue("soon");

  await stage(page, "delay").getByRole("textbox", { name: "Delay" }).fill("5");
  await stage(page, "filter").getByRole("button", { name: "JSON" }).click();
  const json = page.locator("#filter-json");
  await json.fill('{\n  "total": {"$gte": 1},\n}');
  await expect(stage(page, "filter").getByTestId("json-status")).toContainText("Line 3");
  await json.fill('{\n  "total": {\n    "$gte": {"a": 1}\n  }\n}');
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(stage(page, "filter").locator(".warnings")).toContainText("Line 3");
  await expect(json).toHaveValue(/"a": 1/);
});

test("a retry rule is drawn as its tries", async ({ page, api }) => {
  const { connection } = await connect(api);
  await visit(page, `/connections/${connection.id}`);
  await turnOn(page, "retry");
  const retry = stage(page, "retry");
  await expect(retry.locator("figcaption")).toHaveText("6 tries in 31 min: the first at once, then after 1 min, 2 min, 4 min, 8 min …");
  await expect(retry.locator("circle")).toHaveCount(6);
  await retry.getByLabel("are listed").check();
  await retry.getByLabel("Waits", { exact: true }).fill("10 s, 1 h");
  await expect(retry.locator("circle")).toHaveCount(3);
  await retry.getByLabel("Answers that are tried again").fill("429, 500-599");
  await turnOn(page, "deduplicate");
  await stage(page, "deduplicate").getByLabel("these fields are the same", { exact: true }).check();
  await stage(page, "deduplicate").getByLabel("Fields, one a line").fill("body.id");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  const { rules } = await api.call<{ rules: unknown[] }>("GET", `/v1/connections/${connection.id}`);
  expect(rules).toEqual([
    { type: "deduplicate", window: 300000, include_fields: ["body.id"] },
    { type: "retry", strategy: "custom", intervals: [10000, 3600000], response_status_codes: ["429", "500-599"] },
  ]);
});

test("a connection's page is looked at", async ({ page, api }) => {
  const { source, connection } = await connect(api);
  for (const total of [50, 150, 250]) {
    await send(source, { total, customer: { country: "DE" } });
  }
  await api.call("PATCH", `/v1/connections/${connection.id}`, {
    rules: [
      { type: "deduplicate", window: 60000, exclude_fields: ["body.sent_at"] },
      { type: "filter", body: { total: { $gte: 100 }, customer: { country: "DE" } }, headers: { "x-shop": "7" } },
      { type: "delay", delay: 1000 },
      { type: "retry", strategy: "exponential", count: 8, interval: 60000, max_interval: 3600000 },
    ],
  });
  await visit(page, `/connections/${connection.id}`);
  await page.getByRole("button", { name: "Try", exact: true }).click();
  await expect(page.getByTestId("trial-sum")).toBeVisible();
  await page.getByTestId("tried").first().locator("summary").click();
  await inspect(page, "connection");
  await visit(page, "/connections/new");
  await inspect(page, "connection-new");
});
