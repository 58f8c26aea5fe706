// The runbook: from an outage through the fix, the proof and the replay to the last delivery.
import { randomUUID } from "node:crypto";
import type { Api } from "./support/api";
import { inspect } from "./support/inspect";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

const unique = (what: string) => `${what}-${randomUUID().slice(0, 8)}`;
type Made = { id: string };
type Events = { models: (Made & { status: string; webhook_id: string })[] };

/** A source connected to a destination whose failures are not tried again by themselves. */
async function connected(api: Api, url: string) {
  const name = unique("orders");
  const source = await api.call<Made>("POST", "/v1/sources", { name: unique("shop") });
  const destination = await api.call<Made>("POST", "/v1/destinations", { name, config: { url } });
  const once = { type: "retry", strategy: "linear", count: 1, interval: 1000, response_status_codes: ["599"] };
  const connection = await api.call<Made>("POST", "/v1/connections", {
    name: unique("orders-in"),
    source_id: source.id,
    destination_id: destination.id,
    rules: [once],
  });
  return { name, source: source.id, destination: destination.id, connection: connection.id };
}

const count = async (api: Api, destination: string, status: string) =>
  (await api.call<Events>("GET", `/v1/events?destination_id=${destination}&status=${status}&limit=255`)).models.length;

test("an outage is recovered step by step", async ({ page, api, receiver, request }) => {
  test.setTimeout(120_000);
  const { name, source, destination } = await connected(api, `${receiver.url}/old`);
  await visit(page, `/destinations/${destination}/recovery`);
  await expect(page.getByText("Nothing failed here")).toBeVisible();
  await inspect(page, "recovery-calm");

  receiver.willDecide(({ path, body }) => {
    if (path.endsWith("/new")) return { body: '{"taken":true}' };
    return body.includes("odd") ? { status: 400, body: '{"error":"sku is missing"}' } : { status: 500, body: "<h1>Come back later</h1>" };
  });
  for (let n = 0; n < 8; n += 1) {
    expect((await request.post(`/in/${source}`, { data: { n, kind: n % 4 === 3 ? "odd" : "usual" } })).status()).toBe(200);
  }
  await expect.poll(() => count(api, destination, "FAILED")).toBe(8);

  // From the destination's page, to what failed and why.
  await visit(page, `/destinations/${destination}`);
  await page.getByRole("link", { name: "Recovery" }).click();
  const step = (id: string) => page.getByTestId(`step-${id}`);
  await expect(step("look").getByTestId("failure-group")).toHaveCount(2);
  await expect(step("look").getByTestId("failure-group").first()).toContainText("6 given up");
  await expect(step("look").getByTestId("failure-group").last()).toContainText("sku is missing");
  await expect(page.getByRole("img", { name: /6 events for 500, 2 events for 400/ })).toBeVisible();

  // What to check is ticked off, and stays so while the page is read anew.
  const check = step("check").getByRole("checkbox").first();
  await check.check();
  await step("check").getByText("The last answer, whole").click();
  await expect(step("check").getByLabel("response body", { exact: true })).toContainText("Come back later");

  // The replay is locked, and says what is missing.
  await expect(step("replay").getByTestId("locked")).toContainText("retry one first");
  await expect(step("replay").getByRole("button", { name: "Replay the window" })).toBeDisabled();
  await inspect(page, "recovery-outage");

  // A retry before the fix shows what the receiver says, and leads back.
  await step("retry").getByRole("button", { name: "Retry this one" }).click();
  await expect(step("retry").getByTestId("retried")).toContainText("500");
  await expect(step("retry").getByRole("link", { name: "Back to what to check" })).toBeVisible();
  await expect(step("retry")).toContainText("To do");
  await inspect(page, "recovery-retry-failed");

  // The fix, in place.
  await step("fix").getByRole("link", { name: "URL, authentication, limits" }).click();
  const form = step("fix").getByTestId("edit-here");
  await form.getByLabel("URL", { exact: true }).fill("no url");
  await expect(form.getByLabel("Name", { exact: true })).toHaveValue(name);
  await inspect(page, "recovery-fix");
  await form.getByLabel("URL", { exact: true }).fill(`${receiver.url}/new`);
  await form.getByRole("button", { name: "Save" }).click();
  await expect(step("fix").getByTestId("changed")).toContainText(name);
  await expect(step("fix")).toContainText("Done");
  await step("fix").getByRole("link", { name: "URL, authentication, limits" }).click();
  await expect(form).toBeHidden();
  await expect(check).toBeChecked();

  // Idempotency is confirmed, by name.
  await step("confirm").getByLabel("The receiver handles the same webhook-id once").check();
  await step("confirm").getByRole("button", { name: "Confirm" }).click();
  await expect(step("confirm")).toContainText("confirmed by ada@example.com");
  await expect(step("confirm")).toContainText("Done");

  // One event proves it, and unlocks the rest.
  await step("retry").getByRole("button", { name: "Retry this one" }).click();
  await expect(step("retry").getByTestId("retried")).toContainText("Successful");
  await expect(step("retry").getByTestId("retried")).toContainText("taken");
  await expect(step("retry").getByTestId("proof")).toBeVisible();
  await expect(step("retry")).toContainText("Done");
  await expect(step("replay").getByTestId("locked")).toHaveCount(0);
  await inspect(page, "recovery-proven");

  await step("replay").getByLabel("Hard limit").fill("50");
  await step("replay").getByRole("button", { name: "Replay the window" }).click();
  await expect(page).toHaveURL(/\/bulk\/bch_/);
  await expect.poll(() => count(api, destination, "SUCCESSFUL"), { timeout: 60_000 }).toBeGreaterThanOrEqual(8);
  await expect.poll(() => new Set(receiver.received.filter(({ path }) => path.endsWith("/new")).map(({ headers }) => headers["webhook-id"])).size).toBe(8);

  await visit(page, `/destinations/${destination}/recovery`);
  await expect(step("replay")).toContainText("Done");
  await expect(page.getByTestId("figures")).toContainText("Left to replay");
  await inspect(page, "recovery-done");
});

test("who starts without proof types the name and says why", async ({ page, api, receiver, request, complaints }) => {
  const { name, source, destination } = await connected(api, receiver.url);
  receiver.willAnswer({ status: 500, body: '{"error":"deadlock"}' }, {});
  expect((await request.post(`/in/${source}`, { data: { n: 1 } })).status()).toBe(200);
  await expect.poll(() => count(api, destination, "FAILED")).toBe(1);
  await visit(page, `/destinations/${destination}/recovery`);
  const step = page.getByTestId("step-replay");
  await step.getByText("Start without proof").click();
  await step.getByLabel("Type the destination's name").fill(name);
  await expect(step.getByRole("button", { name: "Replay the window" })).toBeDisabled();
  await step.getByLabel("Why").fill("The fix was checked elsewhere");
  await step.getByLabel("Hard limit").fill("many");
  complaints.announceRefusal(422, "/api/recovery_start");
  await step.getByRole("button", { name: "Replay the window" }).click();
  await expect(step.getByText("expected a whole number from 1 to 10,000")).toBeVisible();
  await expect(step.getByLabel("Why")).toHaveValue("The fix was checked elsewhere");
  await step.getByLabel("Hard limit").fill("");
  await step.getByRole("button", { name: "Replay the window" }).click();
  await expect(page).toHaveURL(/\/bulk\/bch_/);
  await expect.poll(() => count(api, destination, "SUCCESSFUL"), { timeout: 60_000 }).toBe(1);
});

test("what is in the way is said first, and lifted", async ({ page, api, receiver, request }) => {
  const { source, destination, connection } = await connected(api, receiver.url);
  receiver.willAnswer({ status: 500 }, {});
  expect((await request.post(`/in/${source}`, { data: { n: 1 } })).status()).toBe(200);
  await expect.poll(() => count(api, destination, "FAILED")).toBe(1);
  await api.call("POST", `/v1/destinations/${destination}/disable`);
  await visit(page, `/destinations/${destination}/recovery`);
  const head = page.getByTestId("recovery-head");
  await expect(head).toContainText("Disabled since");
  await expect(page.getByTestId("step-retry")).toContainText("Locked");
  await head.getByRole("button", { name: "Enable it" }).click();
  await expect(head).not.toContainText("Disabled since");
  await expect(page.getByTestId("step-retry")).toContainText("To do");

  const row = page.getByTestId("step-replay").getByRole("listitem").filter({ hasText: "orders-in" });
  await row.getByRole("button", { name: /^Pause/ }).click();
  await expect(row).toContainText("Paused");
  expect((await api.call<{ paused_at: string | null }>("GET", `/v1/connections/${connection}`)).paused_at).not.toBeNull();
  await row.getByRole("button", { name: /^Resume/ }).click();
  await expect(row).not.toContainText("Paused");
});

test("what the provider has to send again is told apart", async ({ page, api, receiver, request }) => {
  const { source, destination } = await connected(api, receiver.url);
  const send = (delivery: string) =>
    request.post(`/in/${source}`, { data: { of: delivery }, headers: { "x-github-delivery": delivery } });
  await api.call("PUT", `/v1/sources/${source}/disable`);
  for (const delivery of ["one", "two", "three"]) {
    await send(delivery);
  }
  await api.call("PUT", `/v1/sources/${source}/enable`);
  expect((await send("two")).status()).toBe(200);
  await visit(page, `/destinations/${destination}/recovery`);
  const refused = page.getByTestId("refused");
  await expect(refused).toContainText("3 requests refused.");
  await expect(refused).toContainText("1 was redelivered since; have the provider redeliver the other 2.");
  await expect(refused.getByText("Redelivered", { exact: true })).toHaveCount(1);
  await expect(refused.getByText("Not seen again")).toHaveCount(2);
  await expect(refused).toContainText("x-github-delivery");
  await inspect(page, "recovery-provider");
});
