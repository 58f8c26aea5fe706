// Pages follow what happens, without being loaded anew.
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { attempts, EXPORT_SUCCESS, expand, mark, REVOKED } from "./support/webhooks";

test("a published event appears in the Delivery Logs", async ({ page, api, receiver }) => {
  const webhook = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${webhook.id}`);
  await expect(page.getByText("No deliveries yet")).toBeVisible();
  const isStillThere = await mark(page);

  const published = await api.publish(EXPORT_SUCCESS, { org_connection_id: "c-1" });
  await expect(attempts(page)).toHaveCount(1);
  expect((await receiver.hasReceived()).headers["webhook-id"]).toBe(published.id);
  await api.publish(REVOKED, { org_connection_id: "c-1" });
  await api.publish(EXPORT_SUCCESS, { org_connection_id: "c-2" });
  await expect(attempts(page)).toHaveCount(2);
  expect(receiver.received, "what it did not choose is not sent").toHaveLength(2);
  await isStillThere();
});

test("a page that one came to by a link follows as well", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, "/developer");
  const isStillThere = await mark(page);
  for (const before of [0, 2]) {
    await page.locator(`a[href="/webhooks/${id}"]`).click();
    await expect(attempts(page)).toHaveCount(before);
    for (const count of [1, 2]) {
      await api.publish(EXPORT_SUCCESS, { count });
      await expect(attempts(page)).toHaveCount(before + count);
    }
    const detail = await expand(attempts(page).last());
    await expect(detail.getByTestId("ladder")).toBeVisible();
    await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link").click();
    await expect(page.getByTestId("webhook").filter({ hasText: receiver.url }).locator(".http")).toHaveText("200");
  }
  await isStillThere();
});

test("a published event appears in the lists of requests and events", async ({ page, context, api, receiver }) => {
  await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  const events = await context.newPage();
  await visit(page, "/requests");
  await visit(events, "/events");
  const areStillThere = [await mark(page), await mark(events)];

  const { request_id, event_ids } = await api.publish(EXPORT_SUCCESS, {});
  await expect(page.getByTestId("request").first().getByRole("link").first()).toHaveAttribute("href", `/requests/${request_id}`);
  for (const id of event_ids) {
    const row = events.getByTestId("event").filter({ has: events.locator(`a[href="/events/${id}"]`) });
    await expect(row).toHaveAttribute("data-status", /SUCCESSFUL|FAILED|SCHEDULED|HOLD/);
  }
  for (const isStillThere of areStillThere) {
    await isStillThere();
  }
});

test("the Developer tab follows the last delivery and what a program changes", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, "/developer");
  const row = page.getByTestId("webhook").filter({ hasText: receiver.url });
  await expect(row).toContainText("Never");
  await api.publish(EXPORT_SUCCESS, {});
  await expect(row.locator(".http")).toHaveText("200");
  await api.call("POST", `/v1/webhooks/${id}/disable`);
  await expect(row).toContainText("Disabled");
});

test("a page that is opened while things change is taken over whole, and up to date", async ({ page, api, receiver }) => {
  await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  const row = page.getByTestId("webhook").filter({ hasText: receiver.url });
  for (let round = 1; round <= 4; round += 1) {
    receiver.willAnswer({ status: 200 + round });
    const published = api.publish(EXPORT_SUCCESS, { round });
    await visit(page, "/developer");
    await published;
    await expect(row.locator(".http")).toHaveText(String(200 + round));
  }
});
