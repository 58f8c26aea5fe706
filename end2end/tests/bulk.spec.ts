// Bulk operations: looked at before they start, started, followed, paused, limited and cancelled in the page.
import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { inspect } from "./support/inspect";
import { SESSION } from "./support/account";
import { expect, test } from "./support/test";
import type { Api } from "./support/api";
import type { Receiver } from "./support/receiver";
import { visit } from "./support/visit";

type Outage = { source: string; destination: string; name: string };

/** A destination whose receiver was down for so many events, and is up again: they failed, and nothing retries them. */
async function afterOutage(api: Api, receiver: Receiver, count: number): Promise<Outage> {
  const name = `bulk-${randomUUID().slice(0, 8)}`;
  const make = <T>(noun: string, input: object) => api.call<T & { id: string }>("POST", `/v1/${noun}`, { name, ...input });
  const source = await make<{ url: string }>("sources", {});
  // So that twenty failures do not disable it, and its breaker stays closed.
  const destination = await make("destinations", {
    config: { url: receiver.url, circuit_breaker: null },
    auto_disable: { consecutive_failures: 1000, failing_for_seconds: 86400 },
  });
  // What answers 500 fails for good, without retries of its own.
  const rules = [{ type: "retry", strategy: "linear", count: 1, interval: 1000, response_status_codes: ["503"] }];
  await make("connections", { source_id: source.id, destination_id: destination.id, rules });
  receiver.willAnswer({ status: 500, body: '{"error":"out of disk"}' });
  for (let n = 0; n < count; n++) {
    expect((await fetch(source.url, { method: "POST", headers: { "content-type": "application/json" }, body: `{"n":${n}}` })).status).toBe(200);
  }
  const failed = () =>
    api.call<{ count: number }>("GET", `/v1/events/count?status=FAILED&destination_id=${destination.id}`).then(({ count }) => count);
  await expect.poll(failed, { message: "failed events", timeout: 20_000 }).toBe(count);
  receiver.willAnswer({ status: 200 });
  return { source: source.id, destination: destination.id, name };
}

const preview = (of: Outage, more = "") => `/bulk/new?kind=event_bulk_retry&status=FAILED&destination=${of.destination}${more}`;
const total = (page: Page) => page.getByTestId("bulk-total");
const status = (page: Page) => page.locator(".bulk-headline .badge");

/** Starts what is previewed without proof, as somebody who knows what they do. */
async function startWithoutProof(page: Page, limit?: [number: string, period: string]): Promise<string> {
  if (limit) {
    await page.getByLabel("At most so many").fill(limit[0]);
    await page.getByLabel("In", { exact: true }).selectOption(limit[1]);
  }
  if (await page.getByTestId("bulk-locked").count()) {
    await page.getByText("Start without proof", { exact: true }).click();
    await page.getByLabel("Type “start without proof”").fill("start without proof");
    await page.getByLabel("Why").fill("the receiver was checked by hand");
  }
  await page.getByRole("button", { name: /^(Retry|Replay) \d/ }).click();
  await expect(page).toHaveURL(/\/bulk\/bch_\w+$/);
  return new URL(page.url()).pathname.split("/").pop()!;
}

test("a list leads to a preview of its own filter, which is narrowed in place", async ({ page, api, receiver }) => {
  const outage = await afterOutage(api, receiver, 3);
  await visit(page, `/events?destination=${outage.destination}`);
  await page.getByRole("link", { name: "Retry all failed" }).click();
  await expect(page).toHaveURL(/\/bulk\/new\?kind=event_bulk_retry&status=FAILED&destination=des_/);
  await expect(total(page)).toHaveText("3");
  await expect(page.getByTestId("bulk-target")).toContainText(outage.name);
  await expect(page.getByTestId("histogram")).toContainText("3 events: 0 delivered, 3 failed");
  await page.locator("select[name=time]").selectOption({ label: "Last hour" });
  await expect(page.getByRole("link", { name: /Remove Time/ })).toBeVisible();
  await expect(total(page)).toHaveText("3");
  await page.getByLabel("Search").fill("nothing like this");
  await page.getByLabel("Search").press("Enter");
  await expect(page.getByText("Nothing to send again")).toBeVisible();
  await page.getByRole("link", { name: /Remove Text/ }).click();
  await expect(total(page)).toHaveText("3");

  // A limit that is typed changes how long it takes, and stays when the filter changes.
  await page.getByLabel("At most so many").fill("3");
  await page.getByLabel("In", { exact: true }).selectOption("hour");
  await expect(page.getByTestId("estimate")).toContainText("About 60 min");
  await page.getByRole("link", { name: /Remove Time/ }).click();
  await expect(page.getByRole("link", { name: /Remove Time/ })).toHaveCount(0);
  await expect(page.getByLabel("At most so many")).toHaveValue("3");
});

test("a bulk operation without proof needs the words and a reason, and is followed to its end", async ({ page, api, receiver, complaints }) => {
  const outage = await afterOutage(api, receiver, 12);
  receiver.received.length = 0;
  await visit(page, preview(outage));
  const lock = page.getByTestId("bulk-locked");
  await expect(lock.getByRole("link", { name: `Recovery of ${outage.name}` })).toHaveAttribute("href", `/destinations/${outage.destination}/recovery`);
  const start = page.getByRole("button", { name: "Retry 12 events" });
  await expect(start).toBeDisabled();
  await lock.getByText("Start without proof", { exact: true }).click();
  await lock.getByLabel("Type “start without proof”").fill("start without proof");
  await expect(start).toBeDisabled();
  await lock.getByLabel("Why").fill("the receiver was checked by hand");
  // A mistake stands beside its field, and what was typed stays.
  complaints.announceRefusal(422, "/api/start_bulk");
  await page.getByLabel("At most so many").fill("0");
  await start.click();
  await expect(page.getByText("Expected a whole number from 1 to 10,000")).toBeVisible();
  await expect(lock.getByLabel("Why")).toHaveValue("the receiver was checked by hand");
  await page.getByLabel("At most so many").fill("");
  await start.focus();
  await page.keyboard.press("Enter");

  await expect(page).toHaveURL(/\/bulk\/bch_\w+$/);
  await expect(status(page)).toHaveText("Completed", { timeout: 20_000 });
  await expect(page.getByTestId("percent")).toHaveText("100 %");
  await expect(page.getByTestId("count-done")).toContainText("12");
  await expect(page.getByText("the receiver was checked by hand")).toBeVisible();
  expect(receiver.received).toHaveLength(12);
  const items = page.getByTestId("bulk-item");
  await expect(items).toHaveCount(12);
  await expect(items.first()).toContainText("Delivered");
  await page.getByRole("navigation", { name: /^Items/ }).getByRole("link", { name: /^Failed/ }).click();
  await expect(page.getByText("No item is “failed”")).toBeVisible();
  await page.getByRole("link", { name: "The new events" }).click();
  await expect(page).toHaveURL(/\/events\?operation=bch_\w+&scope=retries/);
  await expect(page.getByTestId("event")).toHaveCount(12);

  // It is in the list, with its filter leading back.
  await visit(page, "/bulk");
  const row = page.getByTestId("bulk-operation").filter({ hasText: outage.name }).first();
  await expect(row).toHaveAttribute("data-status", "COMPLETED");
  await row.locator("a.filter-words").click();
  await expect(page).toHaveURL(new RegExp(`/events\\?.*destination=${outage.destination}`));
});

test("one that runs is paused, limited, let go on and cancelled", async ({ page, api, receiver }) => {
  const outage = await afterOutage(api, receiver, 30);
  receiver.received.length = 0;
  await visit(page, preview(outage));
  const id = await startWithoutProof(page, ["30", "minute"]);
  await expect(page.getByTestId("limit-in-force")).toContainText("At most 30 a minute");
  await expect(page.getByTestId("pace")).toContainText(outage.name);
  await expect(page.getByTestId("pace-state")).toBeVisible();
  await receiver.hasReceived(1);
  await expect(page.getByTestId("bulk-count")).toHaveText(/^\d+/);

  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByTestId("paused")).toContainText("Paused");
  await expect(status(page)).toHaveText("Paused");
  await page.getByTestId("limit").getByLabel("At most so many").fill("40");
  await page.getByTestId("limit").getByRole("button", { name: "Set limit" }).click();
  await expect(page.getByTestId("limit-in-force")).toContainText("At most 40 a minute");
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(status(page)).toHaveText("Running");
  const before = receiver.received.length;
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBeGreaterThan(before);

  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("not tried yet are left out");
  await dialog.getByRole("button", { name: "Cancel operation" }).click();
  await expect(status(page)).toHaveText("Cancelled");
  const sent = receiver.received.length;
  expect(sent).toBeLessThan(30);
  const { cancelled_count } = await api.call<{ cancelled_count: number }>("GET", `/v1/events/bulk_operations/${id}`);
  expect(cancelled_count).toBe(30 - sent);
  await expect(page.getByTestId("count-cancelled")).toContainText(`${30 - sent}`);
});

test("the pages of bulk operations look right", async ({ page, api, receiver }) => {
  test.setTimeout(120_000);
  const outage = await afterOutage(api, receiver, 25);
  await visit(page, "/bulk/new?kind=event_bulk_retry&status=FAILED");
  await inspect(page, "bulk-preview-all");
  await visit(page, preview(outage));
  if (await page.getByTestId("bulk-locked").count()) {
    await page.getByText("Start without proof", { exact: true }).click();
  }
  await inspect(page, "bulk-preview");
  await visit(page, `/bulk/new?kind=request_bulk_retry&source=${outage.source}`);
  await inspect(page, "bulk-preview-requests");
  await visit(page, "/bulk/new?kind=event_bulk_retry&q=nothing-like-this");
  await inspect(page, "bulk-preview-nothing");
  receiver.willDecide((received) => ({ status: Number(JSON.parse(received.body).n) % 5 === 0 ? 500 : 200 }));
  await visit(page, preview(outage));
  await startWithoutProof(page, ["60", "minute"]);
  await receiver.hasReceived(25 + 6);
  // So that it still runs when it was looked at.
  await page.getByTestId("limit").getByLabel("At most so many").fill("1");
  await page.getByTestId("limit").getByLabel("In", { exact: true }).selectOption("hour");
  await page.getByTestId("limit").getByRole("button", { name: "Set limit" }).click();
  await expect(page.getByTestId("limit-in-force")).toContainText("At most 1 an hour");
  await inspect(page, "bulk-running");
  await visit(page, "/bulk");
  await inspect(page, "bulk-list");
  await page.getByTestId("ongoing").getByRole("link", { name: "Retry of events" }).first().click();
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByTestId("paused")).toBeVisible();
  await inspect(page, "bulk-paused");
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await inspect(page, "bulk-cancel");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel operation" }).click();
  await expect(status(page)).toHaveText("Cancelled");
  await inspect(page, "bulk-cancelled");

  // Of the rest, one is refused once more.
  receiver.willDecide((received) => ({ status: Number(JSON.parse(received.body).n) === 24 ? 500 : 200 }));
  await visit(page, preview(outage));
  await startWithoutProof(page);
  await expect(status(page)).toHaveText("Completed", { timeout: 60_000 });
  await inspect(page, "bulk-completed");
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false, storageState: SESSION });

  test("the preview is narrowed and an operation started, and a refusal keeps what was typed", async ({ page, api, receiver }) => {
    const outage = await afterOutage(api, receiver, 2);
    await page.goto(`/bulk/new?kind=event_bulk_retry&destination_id=${outage.destination}`);
    await expect(page).toHaveURL(/destination=des_/);
    await page.getByLabel("Status").selectOption({ label: "Failed" });
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(page).toHaveURL(/kind=event_bulk_retry.*status=FAILED|status=FAILED.*kind=event_bulk_retry/);
    await expect(total(page)).toHaveText("2");
    await page.getByText("Start without proof", { exact: true }).click();
    await page.getByLabel("Type “start without proof”").fill("please");
    await page.getByLabel("Why").fill("no scripts here");
    await page.getByRole("button", { name: "Retry 2 events" }).click();
    await expect(page.getByText("Type `start without proof`")).toBeVisible();
    await expect(page.getByLabel("Why")).toHaveValue("no scripts here");
    await page.getByLabel("Type “start without proof”").fill("start without proof");
    await page.getByRole("button", { name: "Retry 2 events" }).click();
    await expect(page).toHaveURL(/\/bulk\/bch_\w+$/);
    await expect(page.getByTestId("bulk-progress")).toBeVisible();
  });
});
