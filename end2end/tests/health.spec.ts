// A webhook that keeps failing: warned of, disabled, and brought back with what it missed.
import type { Page } from "@playwright/test";
import type { Api } from "./support/api";
import type { Receiver } from "./support/receiver";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { EXPORT_SUCCESS, mark } from "./support/webhooks";

/** A webhook that so many failures disable, at once. */
async function fragile(api: Api, receiver: Receiver, consecutive_failures: number): Promise<string> {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await api.call("PATCH", `/v1/destinations/${id}`, { auto_disable: { consecutive_failures, failing_for_seconds: 0 } });
  return id;
}

/** Publishes so many events, the next when the one before was tried; none is tried again. */
async function fail(api: Api, receiver: Receiver, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    const before = receiver.received.length;
    const { event_ids } = await api.publish(EXPORT_SUCCESS, { sent });
    await receiver.hasReceived(before + 1);
    const event = `/v1/events/${event_ids[0]}`;
    const attempts = async () => (await api.call<{ attempts: number }>("GET", event)).attempts;
    await expect.poll(attempts, { message: "the attempt is recorded" }).toBe(1);
    await api.call("POST", `${event}/cancel`);
  }
}

test.beforeEach(({ api }) => api.withoutWebhooks());

const bannerOf = (page: Page, receiver: Receiver) => page.getByTestId("banner").filter({ hasText: receiver.url });

test("half way to being disabled a yellow banner says so, live, and goes with a success", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 500 });
  const id = await fragile(api, receiver, 8);
  await visit(page, "/developer");
  const isStillThere = await mark(page);
  await fail(api, receiver, 4);
  const banner = bannerOf(page, receiver);
  await expect(banner).toContainText("Warning: it keeps failing");
  await expect(banner).toContainText("Failing since");
  await expect(banner).toContainText("500");
  await expect(banner.getByRole("meter")).toHaveAttribute("aria-valuenow", /^[5-9]\d$/);
  await expect(banner).toContainText(/At the next failure|After \d more failures/);
  await expect(page.getByRole("status").filter({ hasText: `${receiver.url}: Warning: it keeps failing.` })).toHaveCount(1);
  const row = page.getByTestId("webhook").filter({ hasText: receiver.url });
  await expect(row).toContainText("Warning");

  receiver.willAnswer({});
  await api.publish(EXPORT_SUCCESS, {});
  await expect(banner).toHaveCount(0);
  await expect(row).toContainText("Active");
  await isStillThere();

  receiver.willAnswer({ status: 500 });
  await fail(api, receiver, 4);
  await visit(page, `/webhooks/${id}`);
  await expect(page.getByTestId("banner")).toContainText("Failures in a row");
});

test("from the banner a test is sent, and the webhook is paused and resumed", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 500 });
  await fragile(api, receiver, 20);
  await fail(api, receiver, 10);
  await visit(page, "/developer");
  const banner = bannerOf(page, receiver);
  await banner.getByRole("button", { name: "Send test" }).click();
  await expect(banner).toContainText("Test sent");
  await expect.poll(() => receiver.received.some(({ body }) => body.includes("webhook.test"))).toBe(true);
  await banner.getByRole("button", { name: "Pause" }).click();
  await expect(banner).toContainText("Paused since");
  await banner.getByRole("button", { name: "Resume" }).click();
  await expect(banner).not.toContainText("Paused since");
  await banner.getByRole("link", { name: "View Logs" }).click();
  await expect(page).toHaveURL(/\/webhooks\/des_/);
});

test("disabled, the banner is red; enabled again, what was missed is replayed", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 500 });
  await fragile(api, receiver, 3);
  await visit(page, "/developer");
  await fail(api, receiver, 3);
  const banner = bannerOf(page, receiver);
  await expect(banner).toContainText("Disabled by itself");
  await expect(banner).toContainText("Why");
  const row = page.getByTestId("webhook").filter({ hasText: receiver.url });
  await expect(row).toContainText("by itself");
  await api.publish(EXPORT_SUCCESS, { missed: 1 });
  await api.publish(EXPORT_SUCCESS, { missed: 2 });
  await expect(banner).toContainText("2 events are kept as missed");

  receiver.willAnswer({});
  await banner.getByRole("button", { name: "Enable" }).click();
  await expect(row).toContainText("Active");
  const missed = page.getByTestId("missed").filter({ hasText: receiver.url });
  await missed.getByRole("button", { name: "Replay 2 missed events" }).click();
  await expect(missed).toContainText("2 events are queued to be sent again.");
  await expect
    .poll(() => receiver.received.filter(({ body }) => body.includes('"missed":')).length, { message: "what was missed is sent" })
    .toBe(2);
});

test("a long replay goes step by step, says how far it is, and stops when told to", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 410 });
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await api.publish(EXPORT_SUCCESS, {});
  const status = async () => (await api.call<{ status: string }>("GET", `/v1/webhooks/${id}`)).status;
  await expect.poll(status, { message: "it is disabled" }).toBe("disabled");
  await api.publish(EXPORT_SUCCESS, { missed: 1 });
  await api.call("POST", `/v1/webhooks/${id}/enable`);

  // As if there were thousands; the second step waits until it was told to stop.
  let steps = 0;
  let goOn = () => {};
  const told = new Promise<void>((resolve) => (goOn = resolve));
  await page.route("**/api/replay_missed*", async (route) => {
    steps += 1;
    const json = { queued: 1000, left: 5000 - steps * 1000 };
    if (steps === 2) {
      await told;
    }
    await route.fulfill({ json });
  });
  await visit(page, `/webhooks/${id}`);
  const missed = page.getByTestId("missed");
  await missed.getByRole("button", { name: "Replay 1 missed event" }).click();
  await expect(missed).toContainText("Queued 1000 of 5000");
  await missed.getByRole("button", { name: "Stop" }).click();
  goOn();
  await expect(missed).toContainText("2000 events are queued to be sent again.");
  await expect(missed.getByRole("button", { name: "Replay 1 missed event" })).toBeVisible();
  expect(steps).toBe(2);
});

test("a receiver that answers 410 disables its webhook at once, and the banner says so", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 410 });
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}`);
  await api.publish(EXPORT_SUCCESS, {});
  const banner = page.getByTestId("banner");
  await expect(banner).toContainText("Disabled by itself");
  await expect(banner).toContainText("410");
  await banner.getByRole("button", { name: "Enable" }).click();
  await expect(banner).toHaveCount(0);
});

test("a webhook that was disabled by hand says so on its page, and in no banner elsewhere", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}`);
  await page.getByRole("button", { name: "Disable" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await expect(page.getByTestId("banner")).toContainText("Disabled by hand");
  await visit(page, "/developer");
  await expect(page.getByTestId("webhook").filter({ hasText: receiver.url })).toContainText("by hand");
  await expect(bannerOf(page, receiver)).toHaveCount(0);
});
