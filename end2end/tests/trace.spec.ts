// From a request to its attempts, by clicking; and lists whose filters are in the URL.
import { randomUUID } from "node:crypto";
import type { Locator } from "@playwright/test";
import { inspect } from "./support/inspect";
import { LATER } from "./support/receiver";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { attempts, EXPORT_SUCCESS, expand, REVOKED } from "./support/webhooks";

test("one request is followed to its attempts", async ({ page, api, receiver }) => {
  const webhook = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  const { request_id } = await api.publish(EXPORT_SUCCESS, { org_connection_id: "followed" });
  await receiver.hasReceived();

  await visit(page, "/developer");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Requests" }).click();
  await page.locator(`a[href="/requests/${request_id}"]`).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Request");
  await expect(page.getByRole("region", { name: "payload" })).toContainText('"org_connection_id": "followed"');

  const lane = page.getByTestId("event").filter({ hasText: receiver.url });
  await expect(lane).toHaveAttribute("data-status", "SUCCESSFUL");
  // Where there are many events they are folded at first.
  if ((await lane.getAttribute("open")) === null) {
    await lane.locator("summary").first().click();
  }
  await lane.getByRole("link", { name: "Open event" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Event");
  await expect(page.locator("main").getByText("Successful").first()).toBeVisible();
  const detail = await expand(attempts(page));
  await expect(detail).toContainText(receiver.url);
  await expect(detail.getByText("HTTP 200")).toBeVisible();

  await page.getByRole("link", { name: request_id }).click();
  await expect(page).toHaveURL(new RegExp(`/requests/${request_id}$`));
  await page.goBack();
  await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link", { name: "Events" }).click();
  await page.getByLabel("Destination").selectOption({ label: receiver.url });
  await expect(page).toHaveURL(new RegExp(`destination=${webhook.id}`));
  await expect(page.getByTestId("event")).toHaveCount(1);
});

test("what was ignored is shown with its cause", async ({ page, api, receiver }) => {
  await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  const { request_id } = await api.publish(REVOKED, {});
  await visit(page, `/requests/${request_id}`);
  const ignored = page.getByTestId("ignored-events");
  await expect(ignored).toContainText("FILTERED");
  await expect(ignored).toContainText(REVOKED);
});

test("filters are in the URL and give the same view again", async ({ page, context, api, receiver }) => {
  receiver.willAnswer({ status: 500 });
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await api.simulate(id, EXPORT_SUCCESS, {});
  await receiver.hasReceived();

  await visit(page, "/events");
  await page.getByLabel("Destination").selectOption({ label: receiver.url });
  await expect(page.getByTestId("event")).toHaveCount(1);
  await page.locator("select[name=status]").selectOption({ label: "Scheduled" });
  await expect(page).toHaveURL(/status=SCHEDULED/);
  await expect(page.getByTestId("event")).toHaveAttribute("data-status", "SCHEDULED");

  const shared = await context.newPage();
  await visit(shared, page.url());
  await expect(shared.getByTestId("event")).toHaveCount(1);
  await expect(shared.locator("select[name=status]")).toHaveValue("SCHEDULED");
  await expect(shared.getByLabel("Destination")).toHaveValue(id);

  await page.locator("select[name=status]").selectOption({ label: "Cancelled" });
  await expect(page.getByText("No event fits")).toBeVisible();
  await page.getByRole("link", { name: "Show all events" }).click();
  await expect(page).toHaveURL(/\/events$/);
  await expect(page.locator("select[name=status]")).toHaveValue("");
});

test("requests are searched by text", async ({ page, api }) => {
  const needle = `needle-${Date.now()}`;
  const { request_id } = await api.publish(EXPORT_SUCCESS, { needle });
  await visit(page, "/requests");
  await page.getByLabel("Search").fill(needle);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`q=${needle}`));
  await expect(page.getByTestId("request")).toHaveCount(1);
  await expect(page.locator(`a[href="/requests/${request_id}"]`)).toBeVisible();
});

test("an event is retried and a request replayed from their pages", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 410 }, { status: 200 });
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  const { event_ids } = await api.simulate(id, EXPORT_SUCCESS, { again: true });
  await receiver.hasReceived();

  // 410 is for good: without another try it failed.
  await visit(page, `/events/${event_ids[0]}`);
  await page.locator(".place").getByRole("button", { name: "Retry", exact: true }).click();
  await page.getByTestId("said").getByRole("link", { name: "Open it" }).click();
  await expect(page).not.toHaveURL(new RegExp(event_ids[0]));
  await expect(page.getByText("Retry of")).toBeVisible();
  await receiver.hasReceived(2);
  expect(receiver.received[1].headers["webhook-id"]).toBe(receiver.received[0].headers["webhook-id"]);

  await page.getByRole("link", { name: /^req_/ }).click();
  const before = page.url();
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  await page.getByTestId("said").getByRole("link", { name: "Open it" }).click();
  await expect(page).not.toHaveURL(before);
  await expect(page.getByText("Replay of")).toBeVisible();
});

test("an event that waits is cancelled from its page", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 500, headers: LATER });
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  const { event_ids } = await api.simulate(id, EXPORT_SUCCESS, {});
  await receiver.hasReceived();
  await visit(page, `/events/${event_ids[0]}`);
  await expect(page.getByText("Next attempt").first()).toBeVisible();
  await page.locator(".place").getByRole("button", { name: "Cancel", exact: true }).click();
  await expect(page.locator("main").getByText("Cancelled").first()).toBeVisible();
  await expect(page.locator(".place").getByRole("button", { name: "Retry", exact: true })).toBeVisible();
});

test("a trace shows a filter's miss, a transformation, a failure and a success in the order of time", async ({ page, api, receiver }) => {
  const name = `trace-${randomUUID().slice(0, 8)}`;
  receiver.willDecide(({ path }) => ({ status: path.includes("/fails") && receiver.received.filter((one) => one.path.includes("/fails")).length < 2 ? 503 : 200 }));
  const make = <T>(noun: string, input: object) => api.call<T & { id: string }>("POST", `/v1/${noun}`, input);
  const source = await make<{ url: string }>("sources", { name });
  const code = 'addHandler("transform", (request) => { console.log("shouting"); return { ...request, body: { loud: request.body.note.toUpperCase() } }; })';
  const script = await make("transformations", { name, code });
  const connect = async (to: string, rules: object[], retry = false) => {
    const destination = await make("destinations", { name: `${name}-${to}`, config: { url: `${receiver.url}/${to}` } });
    const more = retry ? [...rules, { type: "retry", strategy: "linear", count: 2, interval: 1000 }] : rules;
    await make("connections", { name: `${name}-to-${to}`, source_id: source.id, destination_id: destination.id, rules: more });
  };
  await connect("rich", [{ type: "filter", body: { amount: { $gte: 100 } } }]);
  await connect("loud", [{ type: "transform", transformation_id: script.id }]);
  await connect("fails", [], true);
  const taken = await fetch(`${source.url}/orders?shop=7`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ amount: 50, note: "hello" }),
  });
  const { request_id } = (await taken.json()) as { request_id: string };
  await visit(page, `/requests/${request_id}`);

  const loud = page.getByTestId("event").filter({ hasText: `${name}-loud` });
  const fails = page.getByTestId("event").filter({ hasText: `${name}-fails` });
  // It follows what happens, while what is open stays open.
  await expect(fails).toHaveAttribute("data-status", "SUCCESSFUL", { timeout: 15_000 });
  const kinds = (of: Locator) => of.getByTestId("step").evaluateAll((steps) => steps.map((step) => step.getAttribute("data-kind")));
  expect(await kinds(loud)).toEqual(["event_created", "transformed", "attempt", "delivered"]);
  expect(await kinds(fails)).toEqual(["event_created", "attempt", "retry_scheduled", "attempt", "delivered"]);
  const ignored = page.getByTestId("ignored-events");
  await expect(ignored).toContainText(`${name}-to-rich`);
  await expect(ignored).toContainText(/amount is 50/);

  // By keyboard alone: the transformation opens into what it changed.
  const changed = loud.locator('[data-kind="transformed"] summary');
  await changed.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("run")).toContainText('"loud": "HELLO"');
  await expect(page.getByTestId("run")).toContainText("shouting");
  await fails.locator('[data-kind="attempt"] summary').first().click();
  await expect(fails.getByTestId("why")).toBeVisible();
  await expect(fails.getByRole("button", { name: "Copy as curl" })).toBeVisible();
  await expect(page.getByRole("region", { name: "payload" })).toContainText("/orders?shop=7");
  await inspect(page, "trace");
});

test("many branches that were not taken are folded, and searched", async ({ page, api }) => {
  const name = `many-${randomUUID().slice(0, 8)}`;
  const make = <T>(noun: string, input: object) => api.call<T & { id: string }>("POST", `/v1/${noun}`, input);
  const source = await make<{ url: string }>("sources", { name });
  const destination = await make("destinations", { name, type: "MOCK" });
  for (let branch = 0; branch < 12; branch += 1) {
    const rules = [{ type: "filter", body: { branch: { $eq: branch } } }];
    await make("connections", { name: `${name}-${branch}`, source_id: source.id, destination_id: destination.id, rules });
  }
  const taken = await fetch(source.url, { method: "POST", headers: { "content-type": "application/json" }, body: '{"branch":3}' });
  const { request_id } = (await taken.json()) as { request_id: string };
  await visit(page, `/requests/${request_id}`);
  const branches = page.getByTestId("ignored");
  await expect(branches.getByText("11 filtered")).toBeVisible();
  await expect(page.getByTestId("ignored-events")).toBeHidden();
  await branches.locator("summary").click();
  await expect(page.getByTestId("ignored-events").getByRole("listitem")).toHaveCount(11);
  await branches.getByLabel("Find among them").fill(`${name}-7`);
  await expect(page.getByTestId("ignored-events").getByRole("listitem")).toHaveCount(1);
});
