// The event catalogue: types are made, checked, marked, taken over from a document, and deleted.
import type { Page } from "@playwright/test";
import type { Api } from "./support/api";
import { inspect } from "./support/inspect";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

/** A name that no other test has. */
const unique = () => `t${Date.now().toString(36)}${Math.random().toString(36).slice(2, 7)}`;

const SCHEMA = {
  type: "object",
  required: ["amount"],
  properties: {
    amount: { description: "What was paid.", type: "integer", minimum: 1 },
    currency: { enum: ["EUR", "USD"] },
    payer: { type: "object", properties: { email: { type: "string", format: "email" } } },
  },
};

async function openEventType(page: Page, label: string) {
  await visit(page, "/event-types");
  await page.getByRole("link", { name: label, exact: true }).click();
  await expect(page.getByRole("heading", { level: 2, name: label })).toBeVisible();
}

async function make(api: Api, name: string, more: object = {}) {
  return api.call<{ id: string }>("POST", "/v1/event-types", { name, ...more });
}

test("an event type is made with a schema; a mistake is shown at its line and what was typed stays", async ({ page, complaints }) => {
  const name = `${unique()}.paid`;
  await visit(page, "/developer");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Event types" }).click();
  await page.getByRole("link", { name: "Create Event Type" }).click();
  await page.getByLabel("Name").fill("no name");
  await page.getByLabel("Description").fill("Money came.");
  await page.getByRole("button", { name: "Add a schema" }).click();
  await page.getByRole("button", { name: "Add an example" }).click();
  const schema = page.getByLabel("JSON Schema of its data");
  await schema.fill('{"type": ');
  await expect(page.getByRole("button", { name: "Create" })).toBeDisabled();

  complaints.announceRefusal(422, "/api/create_event_type");
  await schema.fill(JSON.stringify({ ...SCHEMA, type: "strnig" }, null, 2));
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.locator("#name-hint").getByRole("alert")).toContainText("Use dot-separated parts", { ignoreCase: true });
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create" }).click();
  const part = page.locator(".json-part", { has: schema });
  await expect(part.getByTestId("json-status")).toContainText("Line 2: type fits none of the 2 alternatives");
  await expect(page.getByLabel("Description")).toHaveValue("Money came.");

  await schema.fill(JSON.stringify(SCHEMA, null, 2));
  await expect(part.getByTestId("json-status")).not.toContainText("Line 2");
  await page.getByLabel("Example of its data").fill('{\n  "amount": 0\n}');
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByText("Line 2: amount must be at least 1").first()).toBeVisible();
  await page.getByLabel("Example of its data").fill('{"amount": 12}');
  await page.getByRole("button", { name: "Create" }).click();

  await expect(page).toHaveURL(/\/event-types\/[a-z]+_/);
  await expect(page.getByText(name, { exact: true })).toBeVisible();
  const row = page.getByRole("row", { name: /^amount/ });
  await expect(row).toContainText("required");
  await expect(row).toContainText("What was paid.");
  await expect(page.getByRole("row", { name: /^currency/ })).toContainText("one of EUR, USD");
  await expect(page.getByRole("row", { name: /^email/ })).toContainText("string, email");
  await expect(page.getByRole("group", { name: "example" })).toContainText('"amount": 12');
});

test("an event type is changed, marked as deprecated and deleted", async ({ page, api }) => {
  const name = unique();
  const made = await make(api, name, { label: `Old ${name}`, schema: SCHEMA, example: { amount: 1 } });
  await openEventType(page, `Old ${name}`);
  await page.getByRole("link", { name: "Edit" }).click();
  await expect(page.getByLabel("Name")).toBeDisabled();
  await page.getByLabel("Label").fill(`New ${name}`);
  await page.getByLabel(/^Deprecated/).check();
  await page.getByRole("button", { name: "Remove the schema" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 2, name: `New ${name}` })).toBeVisible();
  await expect(page.getByText(/^Deprecated since/)).toBeVisible();
  await expect(page.getByText("It has no schema")).toBeVisible();
  const kept = await api.call<{ schema: unknown; example: object }>("GET", `/v1/event-types/${made.id}`);
  expect(kept.schema).toBeNull();
  expect(kept.example).toEqual({ amount: 1 });

  await visit(page, `/event-types?q=${name}`);
  const row = page.getByTestId("event-types").getByRole("row");
  await expect(row).toHaveCount(1);
  await expect(row).toContainText("deprecated");
  await row.getByRole("link").click();
  await page.getByRole("button", { name: "Delete" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete this event type?" });
  await dialog.getByRole("button", { name: "Keep" }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL(/\/event-types$/);
  await expect(page.getByRole("link", { name: `New ${name}` })).toHaveCount(0);
});

test("the list is searched, and says what is on by default, has a schema and was chosen", async ({ page, api, receiver }) => {
  const name = unique();
  await make(api, `${name}.chosen`, { default_enabled: true, schema: { type: "object" }, description: "Rarely seen." });
  await make(api, `${name}.other`);
  await api.webhook(receiver.url, [`${name}.chosen`]);
  await visit(page, "/event-types");
  await page.getByLabel("Search").fill(name.toUpperCase());
  await make(api, `${name}.late`);
  await expect(page.getByText(`${name}.late`, { exact: true }).first(), "it comes by itself").toBeVisible();
  await expect(page.getByLabel("Search"), "what was typed stays").toHaveValue(name.toUpperCase());
  await page.getByLabel("Search").press("Enter");
  await expect(page).toHaveURL(new RegExp(`q=${name.toUpperCase()}`));
  const rows = page.getByTestId("event-types").getByRole("row");
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(0)).toContainText("on by default");
  await expect(rows.nth(0).getByRole("cell").nth(2)).toHaveText("Yes");
  await expect(rows.nth(0).getByRole("cell").nth(3)).toHaveText("1");
  await expect(rows.nth(1).getByRole("cell").nth(2)).toHaveText("None");
  await expect(rows.nth(1).getByRole("cell").nth(3)).toHaveText("0");
  await visit(page, "/event-types?q=nothing-like-this");
  await page.getByRole("link", { name: "Show all" }).click();
});

test("a document is looked at, and what is wanted of it is taken over", async ({ page, api, complaints }) => {
  const name = unique();
  await make(api, `${name}.known`, { label: "Known", schema: { type: "object", title: "before" }, default_enabled: true });
  const document = `openapi: 3.1.0
webhooks:
  ${name}.known:
    post:
      summary: Known
      deprecated: true
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
  ${name}.fresh:
    post:
      summary: Fresh ${name}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}, example: {id: 1}}}}
  ${name}.unwanted:
    post: {summary: Unwanted}
  no name:
    post: {}
components:
  schemas:
    Thing: {type: object, properties: {id: {type: integer}}}
`;
  await visit(page, "/event-types");
  await page.getByRole("link", { name: "Import" }).click();
  await expect(page).toHaveURL(/\/event-types\/import$/);
  complaints.announceRefusal(422, "/api/import_event_types");
  await page.getByLabel("Or its text").fill("openapi: 3.0.0");
  await page.getByRole("button", { name: "Show what would change" }).click();
  await expect(page.getByRole("alert").getByText(/this is OpenAPI 3\.0\.0/i)).toBeVisible();
  await expect(page.getByLabel("Or its text")).toHaveValue("openapi: 3.0.0");

  await page.getByLabel("A file").setInputFiles({ name: "shop.yaml", mimeType: "application/yaml", buffer: Buffer.from(document) });
  await expect(page.getByLabel("Or its text")).toHaveValue(document);
  await page.getByRole("button", { name: "Show what would change" }).click();
  const plan = page.getByTestId("plan").locator("> li");
  await expect(plan).toHaveCount(4);
  await expect(plan.filter({ hasText: `${name}.known` })).toContainText("Changes");
  await expect(plan.filter({ hasText: "no name" })).toContainText("Cannot be taken");
  await expect(plan.filter({ hasText: "no name" }).getByRole("checkbox")).toHaveCount(0);
  await plan.filter({ hasText: `${name}.known` }).locator("summary").click();
  await expect(plan.filter({ hasText: `${name}.known` })).toContainText('"title": "before"');
  await plan.filter({ hasText: `${name}.unwanted` }).getByRole("checkbox").uncheck();
  await page.getByRole("button", { name: "Take 2 event types" }).click();
  await expect(page.getByRole("status").getByText("1 event type created, 1 event type changed.")).toBeVisible();

  const { models } = await api.call<{ models: { name: string; deprecated_at: string | null; default_enabled: boolean }[] }>("GET", "/v1/event-types");
  const ours = models.filter((kind) => kind.name.startsWith(name));
  expect(ours.map((kind) => kind.name)).toEqual([`${name}.fresh`, `${name}.known`]);
  expect(ours[1]!.deprecated_at).not.toBeNull();
  expect(ours[1]!.default_enabled).toBe(true);
  await page.getByRole("link", { name: "To the catalogue" }).click();
  await expect(page.getByRole("link", { name: `Fresh ${name}` })).toBeVisible();
});

test("an empty catalogue says how to begin", async ({ page }) => {
  await visit(page, "/events");
  await page.route("**/api/catalogue*", (route) => route.fulfill({ json: { types: [], chosen: {} } }));
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Event types" }).click();
  await expect(page.getByText("The catalogue is empty")).toBeVisible();
  await expect(page.getByRole("button", { name: "Add the ready-made event types" })).toBeVisible();
  await inspect(page, "event-types-empty");
});
