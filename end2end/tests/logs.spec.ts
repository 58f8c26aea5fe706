// The Delivery Logs answer questions: filters, the chart, paging, comparing, all in the URL.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { Api } from "./support/api";
import { inspect } from "./support/inspect";
import type { Receiver } from "./support/receiver";
import { expect, test } from "./support/test";
import { NARROW, visit, WIDE } from "./support/visit";
import { attempts, EXPORT_FAILED, EXPORT_SUCCESS, expand, mark, simulator } from "./support/webhooks";

/** A webhook with an attempt for each answer, of changing types and payloads; nothing is tried again. */
async function makeLogs(api: Api, receiver: Receiver): Promise<string> {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS, EXPORT_FAILED]);
  const answers = [
    { status: 200, body: '{"note":"filed under apples"}' },
    { status: 410, body: '{"note":"moved to pears"}' },
    { status: 204, body: "" },
  ];
  receiver.willAnswer(...answers);
  const types = [EXPORT_SUCCESS, EXPORT_FAILED, EXPORT_SUCCESS];
  for (const [index, type] of types.entries()) {
    const { event_ids } = await api.simulate(id, type, { patient: `p-${index}` });
    await settled(api, event_ids[0]);
  }
  return id;
}

async function settled(api: Api, event: string): Promise<void> {
  await expect
    .poll(async () => (await api.call<{ attempts: number }>("GET", `/v1/events/${event}`)).attempts)
    .toBeGreaterThanOrEqual(1);
}

test("filters restrict the list at once, stand in the URL, and a link brings them back", async ({ page, api, receiver }) => {
  const id = await makeLogs(api, receiver);
  await visit(page, `/webhooks/${id}`);
  await expect(attempts(page)).toHaveCount(3);
  const isStillThere = await mark(page);

  await page.getByLabel("Event type").selectOption(EXPORT_FAILED);
  await expect(page).toHaveURL(/\?type=patient\.ehi_export_failed$/);
  await expect(attempts(page)).toHaveCount(1);
  await expect(page.getByRole("list", { name: "Filters in force" })).toContainText(`Event type: ${EXPORT_FAILED}`);
  await page.getByRole("link", { name: "Clear filters" }).first().click();
  await expect(attempts(page)).toHaveCount(3);
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}$`));

  for (const [code, count] of [["2xx", 2], ["204", 1], ["5xx", 0], ["none", 0]] as const) {
    await page.getByLabel("Response", { exact: true }).fill(code);
    await page.getByLabel("Response", { exact: true }).press("Enter");
    await expect(page).toHaveURL(new RegExp(`\\?code=${code}$`));
    await expect(attempts(page)).toHaveCount(count);
  }
  await expect(page.getByText("No attempt fits")).toBeVisible();
  await page.getByTestId("empty").getByRole("link", { name: "Clear filters" }).click();
  await expect(attempts(page)).toHaveCount(3);
  await expect(page.getByLabel("Response", { exact: true })).toHaveValue("");

  for (const [text, status] of [["pears", "410"], ["p-2", "204"]]) {
    await page.getByLabel("Payload or response").fill(text);
    await page.getByLabel("Payload or response").press("Enter");
    await expect(attempts(page)).toHaveCount(1);
    await expect(attempts(page).first()).toContainText(status);
  }
  await page.getByLabel("Trigger").selectOption({ label: "First" });
  await expect(page).toHaveURL(/\?trigger=INITIAL&q=p-2$/);
  await page.getByLabel("Trigger").selectOption({ label: "Bulk retry" });
  await expect(attempts(page)).toHaveCount(0);
  await page.getByRole("link", { name: /Remove Trigger/ }).click();
  await expect(attempts(page)).toHaveCount(1);
  await isStillThere();

  await visit(page, `/webhooks/${id}?status=FAILED&type=${EXPORT_FAILED}&code=4xx&trigger=INITIAL&time=24h&q=pears`);
  await expect(attempts(page)).toHaveCount(1);
  await expect(page.getByLabel("Status")).toHaveValue("FAILED");
  await expect(page.getByLabel("Event type")).toHaveValue(EXPORT_FAILED);
  await expect(page.getByLabel("Response", { exact: true })).toHaveValue("4xx");
  await expect(page.getByLabel("Trigger")).toHaveValue("INITIAL");
  await expect(page.getByRole("combobox", { name: "Time" })).toHaveValue("24h");
  await expect(page.getByLabel("Payload or response")).toHaveValue("pears");
});

test("filters leave the simulator above them as it is", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?simulate=compose`);
  await expect(simulator(page)).toBeVisible();
  await page.getByLabel("Status").selectOption({ label: "Failed" });
  await expect(page).toHaveURL(/\?status=FAILED&simulate=compose$/);
  for (const place of [page.locator(".active-filters"), page.getByTestId("empty")]) {
    await place.getByRole("link", { name: "Clear filters" }).click();
    await expect(page).toHaveURL(/\?simulate=compose$/);
    await page.goBack();
    await expect(page).toHaveURL(/status=FAILED/);
  }
  await expect(simulator(page)).toBeVisible();
});

test("what cannot be read of a URL is said, and the rest is shown", async ({ page, api, receiver }) => {
  const id = await makeLogs(api, receiver);
  await visit(page, `/webhooks/${id}?status=MAYBE&code=six&time=century&from=%3Cb%3E&cursor=%25&q=`);
  await expect(attempts(page)).toHaveCount(3);
  const mistakes = page.getByTestId("filter-mistakes").getByRole("listitem");
  await expect(mistakes).toHaveCount(5);
  await expect(mistakes.filter({ hasText: "MAYBE" })).toContainText("SUCCESSFUL, FAILED");
  await expect(page.getByLabel("Response", { exact: true })).toHaveAccessibleDescription(/503/);
  await expect(page.getByLabel("Response", { exact: true })).toHaveValue("six");

  // A value that is not for URLs is searched for as it is.
  await page.getByLabel("Payload or response").fill("100% %41 + é");
  await page.getByLabel("Payload or response").press("Enter");
  await expect(page.getByText("No attempt fits")).toBeVisible();
  await page.reload();
  await page.locator("body[data-hydrated=true]").waitFor();
  await expect(page.getByLabel("Payload or response")).toHaveValue("100% %41 + é");
});

test.describe("in New York", () => {
  test.use({ timezoneId: "America/New_York" });

  test("times of one's own are one's own, and UTC in the URL", async ({ page, api, receiver }) => {
    const id = await makeLogs(api, receiver);
    await visit(page, `/webhooks/${id}`);
    await page.getByRole("combobox", { name: "Time" }).selectOption({ label: "Last hour" });
    await expect(page).toHaveURL(/\?time=1h$/);
    await expect(attempts(page)).toHaveCount(3);
    await page.getByRole("combobox", { name: "Time" }).selectOption({ label: "From and to …" });
    await expect(page).toHaveURL(/\?time=custom$/);
    const from = page.getByLabel("From, your time");
    await from.fill("2026-01-31T03:15:20");
    await from.blur();
    await expect(page).toHaveURL(/\?from=2026-01-31T08%3A15%3A20\.000Z$/);
    await expect(page.getByRole("list", { name: "Filters in force" })).toContainText("From: 2026-01-31 08:15:20 UTC");
    await expect(from).toHaveValue("2026-01-31T03:15:20");
    await page.getByLabel("Status").selectOption({ label: "Failed" });
    await expect(page).toHaveURL(/\?status=FAILED&from=2026-01-31T08%3A15%3A20\.000Z$/);
    const to = page.getByLabel("To, your time");
    await to.fill("2026-01-31T02:00:30");
    await to.blur();
    await expect(page.getByTestId("filter-mistakes")).toContainText("not later than From");
  });
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the form, the rows, a command, and comparing work", async ({ page, api, receiver }) => {
    const id = await makeLogs(api, receiver);
    await page.goto(`/webhooks/${id}`);
    await page.getByLabel("Status").selectOption({ label: "Failed" });
    await page.getByLabel("From, UTC").fill("2026-01-01T00:00:10");
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(page).toHaveURL(/status=FAILED/);
    await expect(attempts(page)).toHaveCount(1);
    await expect(page.getByRole("list", { name: "Filters in force" })).toContainText("From: 2026-01-01 00:00:10 UTC");
    await expect(page.getByLabel("From, UTC")).toHaveValue("2026-01-01T00:00:10");

    await attempts(page).first().getByRole("button").first().click();
    const detail = page.getByTestId("named-attempt");
    await expect(detail.getByRole("heading", { name: "Request", exact: true })).toBeVisible();
    await detail.getByText("Show the command").click();
    await expect(detail.getByRole("group", { name: "curl command" })).toContainText("curl --request 'POST'");

    await page.goto(`/webhooks/${id}`);
    for (const index of [0, 1]) {
      await attempts(page).nth(index).getByRole("checkbox").check();
    }
    await page.getByRole("button", { name: "Compare two" }).click();
    await expect(page.getByTestId("compare")).toContainText("moved to pears");
  });
});

test("later pages do not shift when attempts arrive; they say how many have", async ({ page, api }) => {
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  const sent = [];
  for (let count = 0; count < 54; count += 1) {
    sent.push(await api.simulate(id, EXPORT_SUCCESS, { count }));
  }
  for (const { event_ids } of sent) {
    await settled(api, event_ids[0]);
  }
  await visit(page, `/webhooks/${id}`);
  await expect(attempts(page)).toHaveCount(50);
  await page.getByRole("link", { name: "Older" }).click();
  await expect(attempts(page)).toHaveCount(4);
  const ids = () => attempts(page).evaluateAll((rows) => rows.map((row) => row.getAttribute("data-id")));
  const before = await ids();
  await expect(page.locator(".newer-hint")).toHaveText("");
  for (let count = 1; count <= 2; count += 1) {
    await api.simulate(id, EXPORT_SUCCESS, { later: count });
    await expect(page.locator(".newer-hint")).toHaveText(`${count} newer`);
  }
  expect(await ids()).toEqual(before);
  await page.getByRole("link", { name: "2 newer" }).click();
  await expect(attempts(page)).toHaveCount(50);
  await expect(page).toHaveURL(new RegExp(`/webhooks/${id}$`));
});

test("the chart counts what the list shows, and a bar is a way into it", async ({ page, api, receiver }) => {
  const id = await makeLogs(api, receiver);
  await visit(page, `/webhooks/${id}?time=24h`);
  const chart = page.getByTestId("histogram");
  await expect(chart).toContainText("3 attempts: 2 successful, 1 failed");
  const box = await chart.boundingBox();

  // The bars are one stop for the keyboard, and arrows lead among them.
  const full = chart.getByRole("link", { name: /[1-9]\d* successful|[1-9]\d* failed/ }).first();
  await expect(full).toHaveAttribute("tabindex", "0");
  await expect(chart.locator("a[tabindex='0']:not(.button)")).toHaveCount(1);
  await full.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(full).not.toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(full).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\?from=[^&]+Z&to=[^&]+Z$/);
  await expect(attempts(page).first()).toBeVisible();
  expect(await chart.boundingBox(), "nothing jumps").toEqual({ ...box!, y: (await chart.boundingBox())!.y });

  await chart.getByRole("link", { name: "Zoom out" }).click();
  await expect(page).toHaveURL(/\?from=/);
  await visit(page, `/webhooks/${id}`);
  await expect(chart).toContainText("3 attempts");
  await api.simulate(id, EXPORT_SUCCESS, {});
  await expect(chart, "it is live").toContainText("4 attempts");
});

test("where the chart cannot be had, the list stands", async ({ page, api, receiver, complaints }) => {
  complaints.announceRefusal(503, "/api/count_attempts");
  const id = await makeLogs(api, receiver);
  await visit(page, `/webhooks/${id}`);
  await page.route("**/api/count_attempts*", (route) =>
    route.fulfill({ status: 503, contentType: "application/json", body: '{"type":"unavailable","title":"Not now","status":503,"code":"UNAVAILABLE","detail":"not now"}' }),
  );
  await page.getByLabel("Status").selectOption({ label: "Failed" });
  await expect(page.getByTestId("histogram")).toContainText("cannot be shown just now");
  await expect(attempts(page)).toHaveCount(1);
});

test("a copied command sends the same request once more", async ({ page, context, api, receiver }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { id } = await api.webhook(`${receiver.url}/it's%20here/../[x]{y}?a=$b&c='d'`, [EXPORT_SUCCESS]);
  await api.simulate(id, EXPORT_SUCCESS, { quotes: "it's `id` $(id) \"x\" \\ !", other: "日本 \u202e é", list: ["@x"] });
  const first = await receiver.hasReceived(1);
  await visit(page, `/webhooks/${id}`);
  const detail = await expand(attempts(page).first());
  await detail.getByRole("button", { name: "Copy as curl" }).click();
  await expect(detail.getByText("Copied")).toBeVisible();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  await promisify(execFile)("bash", ["-c", command], { timeout: 10_000 });
  const second = await receiver.hasReceived(2);
  expect(second.raw.equals(first.raw)).toBe(true);
  expect([second.method, second.path]).toEqual([first.method, first.path]);
  const told = ({ host, connection, "content-length": length, ...headers }: Record<string, unknown>) => ({ headers, host, length });
  expect(told(second.headers)).toEqual(told(first.headers));
});

test("bodies are downloaded byte for byte, by those who are signed in", async ({ page, api, receiver, request, browser, baseURL }) => {
  const answer = Buffer.from([0, 0xff, 0xfe, 0x3c, 0x62, 0x3e, 10]);
  receiver.willAnswer({ body: answer, headers: { "content-type": "text/html" } });
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await api.simulate(id, EXPORT_SUCCESS, { a: 1.5 });
  const { raw } = await receiver.hasReceived();
  await visit(page, `/webhooks/${id}`);
  const row = attempts(page).first();
  const attempt = await row.getAttribute("data-id");
  const detail = await expand(row);
  for (const [which, bytes] of [["request", raw], ["response", answer]] as const) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      detail.getByRole("link", { name: `Download ${which} body` }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`${attempt}-${which}-body`);
    expect(readFileSync(await download.path()).equals(bytes)).toBe(true);
  }
  const path = `/api/attempts/${attempt}/response-body`;
  const found = await request.get(path);
  expect(found.headers()).toMatchObject({
    "content-type": "application/octet-stream",
    "x-content-type-options": "nosniff",
    "content-disposition": `attachment; filename="${attempt}-response-body"`,
  });
  expect((await request.get("/api/attempts/att_01HF7YAT000000000000000007/request-body")).status()).toBe(404);
  expect((await request.get("/api/attempts/nothing/request-body")).status()).toBe(404);
  const stranger = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] } });
  expect((await stranger.request.get(path)).status()).toBe(401);
  await stranger.close();
});

test("all attempts of an event stand together, and a click shows another one in place", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 500, body: '{"error":"first"}' }, { status: 200, body: '{"ok":"second"}' });
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}`);
  await api.simulate(id, EXPORT_SUCCESS, {});
  // The row keeps its place in the test although another one comes above it.
  const detail = await expand(page.locator("[data-testid=attempt][data-status=FAILED]"));
  const ladder = detail.getByTestId("ladder");
  await expect(detail.getByTestId("why")).toContainText("Next attempt:");
  await expect(ladder.getByRole("timer")).toHaveText(/^in \d+ s$|^now$/);

  await expect(attempts(page), "the schedule's first retry").toHaveCount(2, { timeout: 15_000 });
  await expect(attempts(page).first()).toContainText("#2 of 2");
  await expect(attempts(page).nth(1)).toContainText("#1 of 2");
  await expect(ladder.getByRole("listitem")).toHaveCount(2);
  await expect(ladder.getByTestId("next")).toContainText("Successful");
  const step = (number: number) => ladder.getByRole("link", { name: new RegExp(`^#${number}`) });
  await expect(step(1)).toHaveAttribute("aria-current", "true");
  await step(2).click();
  await expect(step(2)).toHaveAttribute("aria-current", "true");
  await expect(detail.getByRole("group", { name: "response body" })).toContainText("second");
  await expect(detail.getByTestId("why")).toBeHidden();

  await ladder.getByRole("button", { name: "Retry", exact: true }).click();
  await expect(ladder.getByRole("link", { name: "Open the new event" })).toBeVisible();
  await expect(attempts(page)).toHaveCount(3);
  await expect(attempts(page).first()).toContainText("#1");
});

test("a link opens one attempt, also when it is not among the rows", async ({ page, api, receiver }) => {
  const id = await makeLogs(api, receiver);
  await visit(page, `/webhooks/${id}`);
  const attempt = await attempts(page).nth(1).getAttribute("data-id");
  await visit(page, `/webhooks/${id}?attempt=${attempt}`);
  await expect(page.getByTestId("named-attempt").getByTestId("ladder")).toBeVisible();
  await expect(attempts(page), "the rows are all there").toHaveCount(3);
  await visit(page, `/webhooks/${id}?attempt=${attempt}&status=SUCCESSFUL`);
  await expect(page.getByTestId("named-attempt")).toContainText("moved to pears");
  await page.getByTestId("named-attempt").getByRole("link", { name: "Close" }).click();
  await expect(page.getByTestId("named-attempt")).toBeHidden();
  await expect(attempts(page)).toHaveCount(2);
});

test("two attempts are compared, and the link to it is kept", async ({ page, api, receiver }) => {
  receiver.willAnswer(
    { status: 500, headers: { "x-node": "a", "x-gone": "1" }, body: '{"error":"locked","try":1,"same":[1,2]}' },
    { status: 200, headers: { "x-node": "b", "x-new": "1" }, body: '{"error":null,"try":2,"same":[1,2]}' },
  );
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await api.simulate(id, EXPORT_SUCCESS, {});
  await visit(page, `/webhooks/${id}`);
  await expect(attempts(page)).toHaveCount(2, { timeout: 15_000 });
  await attempts(page).nth(0).getByRole("checkbox").check();
  await expect(page.getByText("One attempt is chosen.")).toBeVisible();
  // The second one leads on, and the boxes are empty again.
  await attempts(page).nth(1).getByRole("checkbox").click();
  await expect(page).toHaveURL(/\?compare=att_\w+%2Catt_\w+$/);

  const compare = page.getByTestId("compare");
  const pair = (name: string) => compare.locator(".pair").filter({ has: page.locator(".what", { hasText: new RegExp(`^${name}`) }) });
  await expect(pair("Answer")).toHaveText(/Answer.*500\s*200/);
  await expect(pair("x-node")).toHaveText(/a\s*b/);
  await expect(pair("x-gone")).toHaveText(/1\s*not there/);
  await expect(pair("x-new")).toHaveText(/not there\s*1/);
  await expect(compare.locator("del")).toContainText(['"error": "locked"', '"try": 1']);
  await expect(compare.locator("ins")).toContainText(['"error": null', '"try": 2']);
  const wide = await compare.locator(".diff li.differs").first().boundingBox();
  await page.setViewportSize(NARROW);
  const narrow = await compare.locator(".diff li.differs").first().boundingBox();
  expect(narrow!.height, "below each other on a phone").toBeGreaterThan(wide!.height * 1.5);
  await page.setViewportSize(WIDE);
  await inspect(page, "logs-compare");

  await page.reload();
  await page.locator("body[data-hydrated=true]").waitFor();
  await expect(compare).toContainText("locked");
  await compare.getByRole("link", { name: "Close" }).click();
  await expect(compare).toBeHidden();
  const ladder = (await expand(attempts(page).first())).getByTestId("ladder");
  await ladder.getByRole("link", { name: "Compare with the one before" }).click();
  await expect(compare).toContainText("locked");

  await visit(page, `/webhooks/${id}?compare=att_x,att_y`);
  await expect(compare).toContainText("not the id of an attempt");
  await expect(attempts(page)).toHaveCount(2);
});

test("the logs with filters, mistakes and nothing that fits look well", async ({ page, api, receiver }) => {
  const id = await makeLogs(api, receiver);
  await visit(page, `/webhooks/${id}?status=FAILED&time=custom&from=2026-01-31T08:15&code=six`);
  await inspect(page, "logs-filtered");
  await visit(page, `/webhooks/${id}?code=5xx`);
  await expect(page.getByText("No attempt fits")).toBeVisible();
  await inspect(page, "logs-nothing-fits");
});
