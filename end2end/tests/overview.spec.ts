// The overview and the alerts: what happened is in their numbers, and these lead to it.
import { randomUUID } from "node:crypto";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

/** A number on top of a page. */
const tile = (name: string) => `[data-testid="${name}"] .value`;

/** What a number says, without what sets its thousands off. */
const number = (text: string) => Number(text.replace(/[^0-9]/g, ""));

type Thing = { id: string; url: string };

test("what happens is seen at once in the overview, and each number leads to it", async ({ page, api, receiver }) => {
  const name = `overview-${randomUUID().slice(0, 8)}`;
  const source = await api.call<Thing>("POST", "/v1/sources", { name });
  const destination = await api.call<Thing>("POST", "/v1/destinations", { name, config: { url: receiver.url } });
  await api.call("POST", "/v1/connections", { name, source_id: source.id, destination_id: destination.id });
  await fetch(source.url, { method: "POST", body: "0" });
  await visit(page, "/overview?window=1h");
  const row = page.getByTestId("overview-source").filter({ hasText: name });
  await expect(row.getByRole("cell").nth(2)).toHaveText("1");
  const before = number(await page.locator(tile("tile-requests")).innerText());

  for (const body of ["1", "2", "3"]) {
    await fetch(source.url, { method: "POST", body });
  }
  await expect.poll(async () => number(await page.locator(tile("tile-requests")).innerText())).toBeGreaterThanOrEqual(before + 3);
  await expect(row.getByRole("cell").nth(2)).toHaveText("4");
  const sent = page.getByTestId("overview-destination").filter({ hasText: name });
  await expect(sent).toContainText("4 attempts");

  // The numbers of a chart, for those who read them, lead into the list of their time and status.
  const chart = page.getByTestId("chart-requests");
  await chart.getByText("As a table").click();
  await chart.getByRole("row").last().getByRole("link").nth(1).click();
  await expect(page).toHaveURL(/\/requests\?status=accepted&from=.*&to=/);
  await expect(page.getByTestId("request").first()).toBeVisible();
  await page.goBack();
  await row.getByRole("cell").nth(2).getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(`status=accepted&source=${source.id}`));
  await expect(page.getByTestId("request")).toHaveCount(4);
});

test("the window of time is in the URL", async ({ page }) => {
  await visit(page, "/overview");
  const windows = page.getByRole("navigation", { name: "Window of time" });
  await expect(windows.getByRole("link", { name: /^24 h/ })).toHaveAttribute("aria-current", "true");
  await windows.getByRole("link", { name: /^7 d/ }).click();
  await expect(page).toHaveURL(/\?window=7d$/);
  await expect(windows.getByRole("link", { name: /^7 d/ })).toHaveAttribute("aria-current", "true");
});

test("alerts count what somebody should look after, and lead to its trace", async ({ page, api, receiver }) => {
  const name = `alerts-${randomUUID().slice(0, 8)}`;
  const counters = ["alert-failed", "alert-held", "alert-queued", "alert-rejected", "alert-attempts"];
  const counts = async () => {
    const texts = await Promise.all(counters.map((one) => page.locator(tile(one)).innerText()));
    return texts.map(number);
  };
  await api.withoutWebhooks();
  const onTheirWay = () => api.call<{ count: number }>("GET", "/v1/events/count?status=QUEUED");
  await expect.poll(async () => (await onTheirWay()).count, "what others sent has come to rest").toBe(0);
  await visit(page, "/alerts?window=1h");
  const before = await counts();

  // Failed for good, with its one attempt; held; turned away; and one that waits for another try.
  const source = await api.call<Thing>("POST", "/v1/sources", { name, config: { allowed_http_methods: ["POST"] } });
  const make = async (status: number, more: object = {}) => {
    const config = { url: `${receiver.url}/${status}`, ...more };
    const to = await api.call<Thing>("POST", "/v1/destinations", { name: `${name}-${status}`, config });
    return api.call<Thing>("POST", "/v1/connections", { name: `${name}-${status}`, source_id: source.id, destination_id: to.id });
  };
  receiver.willDecide(({ path }) => ({ status: path.endsWith("410") ? 410 : 500 }));
  await make(410);
  const held = await make(200);
  await api.call("PUT", `/v1/connections/${held.id}/pause`, {});
  await make(500);
  const sent = (await (await fetch(source.url, { method: "POST", body: "{}" })).json()) as { request_id: string };
  await fetch(source.url, { method: "PUT", body: "{}" });

  // The try that failed is made again, and fails again.
  const grown = async () => (await counts()).map((count, at) => (at < 4 ? count - before[at] : count >= before[at] + 2));
  await expect.poll(grown, { timeout: 15_000 }).toEqual([1, 1, 1, 1, true]);
  await expect(page.getByTestId("list-failed").locator(`a[href="/requests/${sent.request_id}"]`)).toBeVisible();
  // These show the oldest, which may be of other tests.
  for (const list of ["held", "queued"]) {
    await expect(page.getByTestId(`list-${list}`).locator('a[href^="/requests/"]').first(), list).toBeVisible();
  }
  await expect(page.getByTestId("list-paused")).toContainText(`${name}-200`);
  await expect(page.getByTestId("list-troubled")).toContainText(`${name}-410`);
  await expect(page.getByTestId("list-rejected")).toContainText(name);
  await page.getByTestId("list-failed").locator(`a[href="/requests/${sent.request_id}"]`).click();
  await expect(page).toHaveURL(new RegExp(`/requests/${sent.request_id}$`));
  await api.call("DELETE", `/v1/connections/${held.id}`);
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the overview stands complete, and its windows are links", async ({ page }) => {
    await page.goto("/overview");
    await expect(page.getByTestId("tile-requests")).toBeVisible();
    await page.getByRole("navigation", { name: "Window of time" }).getByRole("link", { name: /^1 h/ }).click();
    await expect(page).toHaveURL(/window=1h/);
    await page.goto("/alerts");
    await expect(page.getByTestId("alert-failed")).toBeVisible();
  });
});
