// A team in the middle of its day: webhooks that do well and badly, a catalogue, sources, destinations, and traffic.
import { createHmac, randomBytes } from "node:crypto";
import { expect } from "@playwright/test";
import type { Api } from "./api";
import { LATER, Receiver } from "./receiver";
import { EXPORT_FAILED, EXPORT_SUCCESS, REVOKED } from "./webhooks";

type Made = { id: string };
type Event = Made & { status: string; destination_id: string };

export type Scene = {
  records: string;
  analytics: string;
  retired: string;
  ledger: string;
  paused: string;
  request: string;
  rejected: string;
  successful: string;
  waiting: string;
  eventType: string;
  deprecated: string;
  /** Sources: a provider's, and one that checks an HMAC. */
  code: string;
  shop: string;
  stop(): Promise<void>;
};

export async function makeScene(api: Api): Promise<Scene> {
  // After a test that failed there is a former scene.
  for (const noun of ["webhooks", "connections", "destinations", "saved-payloads"]) {
    const { models } = await api.call<{ models: Made[] }>("GET", `/v1/${noun}`);
    await Promise.all(models.map(({ id }) => api.call("DELETE", `/v1/${noun}/${id}`)));
  }
  const receivers = await Promise.all(Array.from({ length: 6 }, () => Receiver.start()));
  const [records, analytics, billing, retired, warehouse, ledger] = receivers;
  records.willAnswer({ body: '{"received":true,"queue":"records","position":17}' });
  analytics.willAnswer({ status: 503, headers: { "content-type": "text/html" }, body: "<h1>503 Service Unavailable</h1>\n<p>Come back later." });
  billing.willAnswer({ status: 500, body: '{"error":{"code":"DEADLOCK","message":"deadlock detected, transaction rolled back"}}' }, {});
  // It waits as it was asked to, and so stays half way to being disabled.
  ledger.willAnswer({ status: 500, headers: LATER, body: '{"error":"no such account: 4711"}' });
  retired.willAnswer({ status: 410, body: '{"gone":"moved to the new system"}' });

  const both = [EXPORT_SUCCESS, EXPORT_FAILED];
  const webhooks = {
    records: await api.webhook(`${records.url}/patient-records`, both, "Patient records, the new import service"),
    billing: await api.webhook(`${billing.url}/billing`, [EXPORT_SUCCESS], "Billing"),
    analytics: await api.webhook(`${analytics.url}/analytics`, [...both, REVOKED]),
    ledger: await api.webhook(`${ledger.url}/ledger`, [REVOKED], "The ledger"),
    retired: await api.webhook(`${retired.url}/v1/import`, [REVOKED], "The old import service"),
  };
  await api.call("PATCH", `/v1/destinations/${webhooks.ledger.id}`, { auto_disable: { consecutive_failures: 2, failing_for_seconds: 0 } });
  const paused = await api.webhook(
    `https://integration-gateway.eu-central-1.customers.example.com/tenants/acme-health/webhooks/${"0123456789".repeat(8)}${randomBytes(5).toString("hex")}`,
    ["webhook.test"],
    "A URL and a description that are much longer than a table likes to have them, as they come in real life",
  );
  await api.call("POST", `/v1/webhooks/${paused.id}/pause`);
  await api.builtInWebhook(both);

  const catalogue = await api.call<{ models: { name: string; example: object }[] }>("GET", "/v1/event-types");
  const types = await makeCatalogue(api);
  await makeTeam(api, webhooks.records.id, webhooks.billing.id);
  const example = (type: string) => catalogue.models.find(({ name }) => name === type)?.example ?? {};
  const published = await api.publish(EXPORT_SUCCESS, example(EXPORT_SUCCESS));
  await api.publish(EXPORT_FAILED, example(EXPORT_FAILED));
  await api.publish(REVOKED, example(REVOKED));
  await expect.poll(() => retired.received.length + ledger.received.length, { message: "both have failed" }).toBeGreaterThan(1);
  for (let missed = 0; missed < 3; missed += 1) {
    await api.publish(REVOKED, example(REVOKED));
  }
  await api.simulate(webhooks.records.id, EXPORT_SUCCESS, example(EXPORT_SUCCESS));

  const gateway = await makeGateway(api, warehouse);
  const events = await settled(api, published.request_id);
  const to = (webhook: Made) => events.find(({ destination_id }) => destination_id === webhook.id)!.id;
  return {
    records: webhooks.records.id,
    analytics: webhooks.analytics.id,
    retired: webhooks.retired.id,
    ledger: webhooks.ledger.id,
    paused: paused.id,
    request: published.request_id,
    ...gateway,
    successful: to(webhooks.records),
    waiting: to(webhooks.analytics),
    ...types,
    stop: async () => {
      await Promise.all(receivers.map((receiver) => receiver.stop()));
    },
  };
}

/** Event types of the team's own: one with a schema and an example, one that is on its way out. */
async function makeCatalogue(api: Api): Promise<Pick<Scene, "eventType" | "deprecated">> {
  const text = (description: string, more = {}) => ({ type: "string", description, ...more });
  const schema = {
    type: "object",
    required: ["invoice_id", "amount", "currency"],
    properties: {
      invoice_id: text("The invoice, as the accounts know it.", { pattern: "^inv_" }),
      amount: { type: "integer", description: "In the smallest unit of the currency.", minimum: 1 },
      currency: { enum: ["EUR", "USD", "GBP"] },
      paid_at: text("When the money came.", { format: "date-time" }),
      payer: {
        type: "object",
        required: ["name"],
        properties: { name: text("As on the account."), email: text("Where the receipt goes.", { format: "email" }) },
      },
      lines: { type: "array", items: { type: "object", properties: { sku: text("What was bought."), count: { type: "integer" } } } },
    },
  };
  const paid = await once(api, "/v1/event-types", "name", {
    name: "billing.payment.received",
    label: "Payment Received",
    description: "Money came, for one invoice or more.",
    schema,
    example: {
      invoice_id: "inv_2043",
      amount: 12900,
      currency: "EUR",
      paid_at: "2026-03-02T09:30:00Z",
      payer: { name: "Ada Lovelace", email: "ada@example.com" },
      lines: [{ sku: "A-17", count: 3 }],
    },
  });
  const settled = await once(api, "/v1/event-types", "name", {
    name: "billing.payment.booked",
    label: "Payment Booked",
    description: "The former name of Payment Received.",
    deprecated: true,
  });
  return { eventType: paid.id, deprecated: settled.id };
}

/** What people of the team have done: a colleague, a second key and a former secret, saved payloads, a break. */
async function makeTeam(api: Api, signing: string, breaking: string): Promise<void> {
  await once(api, "/v1/team/members", "email", { email: "grace@example.com", password: "also a long one" });
  await api.call("POST", `/v1/webhooks/${signing}/signing-keys`, { overlap_hours: 0 });
  await api.call("POST", `/v1/webhooks/${signing}/secret/rotate`, { overlap_hours: 72 });
  await api.call("POST", `/v1/webhooks/${breaking}/disable`);
  await api.call("POST", `/v1/webhooks/${breaking}/enable`);
  for (const name of ["Export of one patient", "Export without files"]) {
    const payload = JSON.stringify({ data: { patient_id: "pat_91", files: name.endsWith("files") ? [] : ["records.ndjson"] } }, null, 2);
    await api.call("POST", "/v1/saved-payloads", { name, type: EXPORT_SUCCESS, payload });
  }
}

/** Makes what there is one of, where a former scene has not. */
async function once<T extends Made>(api: Api, path: string, key: string, input: Record<string, unknown>): Promise<T> {
  const { models } = await api.call<{ models: (T & Record<string, unknown>)[] }>("GET", path);
  return models.find((model) => model[key] === input[key]) ?? api.call<T>("POST", path, input);
}

/** Sources, destinations and connections with traffic; one of the requests was not let in. */
async function makeGateway(api: Api, warehouse: Receiver): Promise<Pick<Scene, "code" | "shop" | "rejected">> {
  const create = (noun: string, input: object) => api.call<Made>("POST", `/v1/${noun}`, input);
  const auth = { auth_type: "HMAC", auth: { signature_header: "x-shop-hmac", secret: "shop secret" } };
  const shop = await once<Made & { url: string }>(api, "/v1/sources", "name", { name: "shop-orders", config: auth });
  const crm = await once<Made & { url: string }>(api, "/v1/sources", "name", { name: "crm-contacts" });
  const code = await makeCodeSource(api);
  const stock = await create("destinations", { name: "warehouse-stock", config: { url: `${warehouse.url}/stock` } });
  const archive = await create("destinations", { name: "archive", type: "MOCK" });
  const connect = (name: string, source: Made, destination: Made, more = {}) =>
    create("connections", { name, source_id: source.id, destination_id: destination.id, ...more });
  await connect("orders-to-stock", shop, stock);
  await connect("orders-to-archive", shop, archive);
  const contacts = await connect("contacts-to-archive", crm, archive);
  await api.call("POST", `/v1/connections/${contacts.id}/pause`);

  const body = '{"order":1001,"lines":[{"sku":"A-17","count":3},{"sku":"B-4","count":1}],"total":"48.50","currency":"EUR"}';
  const signature = createHmac("sha256", "shop secret").update(body).digest("hex");
  const send = async (url: string, headers: Record<string, string>) => {
    const response = await fetch(url, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
    return (await response.json()) as { request_id: string };
  };
  await send(`${shop.url}/orders/created?region=eu`, { "x-shop-hmac": signature });
  await send(crm.url, {});
  const { request_id } = await send(`${shop.url}/orders/created`, { "x-shop-hmac": "0000" });
  return { code, shop: shop.id, rejected: request_id };
}

/** A provider's source with answers of its own, whose URL was changed. */
async function makeCodeSource(api: Api): Promise<string> {
  const custom_response = {
    content_type: "application/json",
    body: '{"ok":true,"id":"{{request.id}}"}',
    rules: [
      { name: "ping", match: { headers: { "x-github-event": "ping" } }, content_type: "text/plain", body: "pong {{body.hook_id}}" },
      { enabled: false, match: { method: "PUT", body: { action: { $startsWith: "re" } } }, status: 202, content_type: "application/json", body: '{"action":"{{body.action}}"}' },
    ],
  };
  const config = { auth_type: "PROVIDER_SIGNATURE", auth: { secret: "code secret" }, custom_response };
  const input = { name: "code-pushes", type: "GITHUB", description: "Pushes and pull requests of all repositories", config };
  const code = await once<Made & { urls?: unknown[] }>(api, "/v1/sources", "name", input);
  if (code.urls?.length === 1) {
    await api.call("POST", `/v1/sources/${code.id}/rotate-url`, { overlap_hours: 72 });
  }
  return code.id;
}

/** The request's events, when each was tried and the one for billing, which fails at first, was tried again. */
async function settled(api: Api, request: string): Promise<Event[]> {
  let events: Event[] = [];
  await expect
    .poll(
      async () => {
        events = (await api.call<{ models: Event[] }>("GET", `/v1/requests/${request}/events`)).models;
        const successful = events.filter(({ status }) => status === "SUCCESSFUL");
        return successful.length >= 3 && events.every(({ status }) => status !== "QUEUED");
      },
      { message: "the scene is settled", timeout: 20_000 },
    )
    .toBe(true);
  return events;
}
