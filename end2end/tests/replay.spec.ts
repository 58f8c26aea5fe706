// Sending again, replaying, cancelling and modifying: from rows and pages, by pointer and by keyboard.
import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import type { Api } from "./support/api";
import { inspect } from "./support/inspect";
import { LATER } from "./support/receiver";
import { expect, test } from "./support/test";
import { NARROW, visit } from "./support/visit";

interface Made {
  id: string;
  url: string;
}

/** A source with two connections, one of which takes large orders alone. */
async function makeScene(api: Api, url: string) {
  const name = `replay-${randomUUID().slice(0, 8)}`;
  const make = (noun: string, input: object) => api.call<Made>("POST", `/v1/${noun}`, input);
  const source = await make("sources", { name });
  const connect = async (what: string, rules: object[]) => {
    const destination = await make("destinations", { name: `${name}-${what}`, config: { url: `${url}/${what}` } });
    return make("connections", { name: `${name}-${what}`, source_id: source.id, destination_id: destination.id, rules });
  };
  await connect("all", []);
  await connect("large", [{ type: "filter", body: { amount: { $gte: 100 } } }]);
  const post = async (path: string, body: object) => {
    const headers = { "content-type": "application/json", "x-tenant": "one" };
    const answer = await fetch(source.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return ((await answer.json()) as { request_id: string }).request_id;
  };
  return { name, source, post };
}

const said = (page: Page) => page.getByTestId("said");
const focused = (page: Page) => page.evaluate(() => document.activeElement?.closest("[data-row]")?.getAttribute("data-status"));

test("a failed event is retried from its row, and the button keeps the focus", async ({ page, api, receiver }) => {
  receiver.willDecide(() => ({ status: receiver.received.length < 2 ? 410 : 200 }));
  const { source, post } = await makeScene(api, receiver.url);
  await post("", { amount: 1 });
  await receiver.hasReceived();
  await visit(page, `/events?source=${source.id}&status=FAILED`);
  const row = page.getByTestId("event");
  await expect(row).toHaveCount(1);
  const button = row.getByRole("button", { name: /^Retry event evt_/ });
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(said(page)).toContainText("new event");
  await expect(button).toBeFocused();
  await expect(row, "the original stays as it was").toHaveAttribute("data-status", "FAILED");
  await expect(row.getByRole("link", { name: /Open the new event/ })).toBeVisible();
  await said(page).getByRole("link", { name: "Open it" }).click();
  await expect(page.getByText("Retry of")).toBeVisible();
  await expect(said(page)).toBeEmpty();
});

test("rows are walked and worked by keys, which can be switched off", async ({ page, api, receiver }) => {
  receiver.willDecide(({ path }) => ({ status: path.endsWith("/all") ? 410 : 503, headers: LATER }));
  const { source, post } = await makeScene(api, receiver.url);
  await post("", { amount: 500 });
  await receiver.hasReceived(2);
  await visit(page, `/events?source=${source.id}`);
  const failed = page.locator("[data-testid=event][data-status=FAILED]");
  const waiting = page.locator("[data-testid=event][data-status=SCHEDULED]");
  await expect(failed).toHaveCount(1);
  await expect(waiting).toHaveCount(1);
  await page.keyboard.press("j");
  const first = await focused(page);
  await page.keyboard.press("ArrowDown");
  expect(await focused(page)).not.toBe(first);
  await page.keyboard.press("k");
  expect(await focused(page)).toBe(first);

  await waiting.getByRole("link").first().focus();
  await page.keyboard.press("c");
  await expect(said(page)).toContainText("cancelled");
  await expect(page.locator("[data-testid=event][data-status=CANCELLED]")).toHaveCount(1);
  await failed.getByRole("link").first().focus();
  await expect(failed.getByRole("button", { name: /^Retry/ })).toHaveAttribute("aria-keyshortcuts", "r");
  await page.keyboard.press("r");
  await expect(page.getByTestId("event")).toHaveCount(3);

  // Nothing happens while somebody types.
  await page.getByLabel("Search").fill("r");
  await page.getByLabel("Search").press("c");
  await expect(page.getByRole("dialog")).toBeHidden();

  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(dialog).toContainText("Next row");
  await inspect(page, "shortcuts");
  await dialog.getByLabel("Shortcuts are on").uncheck();
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.keyboard.press("?");
  await expect(dialog).toBeHidden();
  await visit(page, `/events?source=${source.id}`);
  await expect(page.getByRole("button", { name: /^Retry event/ }).first()).not.toHaveAttribute("aria-keyshortcuts");
  await page.keyboard.press("j");
  expect(await focused(page)).toBeFalsy();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
  await dialog.getByLabel("Shortcuts are on").check();
});

test("a request is modified, looked at and replayed", async ({ page, api, receiver, complaints }) => {
  const { name, post } = await makeScene(api, receiver.url);
  const id = await post("/orders?a=1", { amount: 5, note: "first" });
  await receiver.hasReceived();
  await visit(page, `/requests/${id}`);
  await page.keyboard.press("e");
  await expect(page).toHaveURL(new RegExp(`/requests/${id}/replay$`));
  await page.locator("body[data-hydrated=true]").waitFor();
  const branches = page.getByTestId("branches").getByRole("listitem");
  await expect(branches.filter({ hasText: `${name}-large` }).first()).toContainText("Filtered");
  await expect(page.getByTestId("differs")).toContainText("Nothing differs");
  await expect(page.getByRole("button", { name: "Replay as modified" })).toHaveAttribute("aria-disabled", "true");

  await page.getByLabel("Body", { exact: true }).fill('{ "amount": 200, "note": "first" }');
  await expect(branches.filter({ hasText: `${name}-large` }).first()).toContainText("Taken");
  await expect(page.getByTestId("differs")).toContainText('"amount": 200');
  await page.getByLabel("Value of x-tenant").fill("two");
  await page.getByRole("button", { name: "Add a header" }).click();
  await page.getByLabel("Header name").last().fill("x new");
  complaints.announceRefusal(422, "/api/preview_replay");
  await expect(page.getByTestId("headers").getByText("is not the name of a header", { exact: false })).toBeVisible();
  await page.getByLabel("Header name").last().fill("x-new");
  await page.getByLabel("Value of x-new").fill("n");
  await page.getByLabel("Path").fill("orders");
  await expect(page.getByText("Starts with /, or is empty.")).toBeVisible();
  await expect(page.getByLabel("Path")).toHaveAttribute("aria-invalid", "true");
  await page.getByRole("button", { name: "Reset Path" }).click();
  await expect(page.getByLabel("Path")).toHaveValue("/orders");
  await expect(page.getByTestId("differs")).toContainText("x-new");
  await inspect(page, "modify-and-replay");

  const before = receiver.received.length;
  await page.getByRole("button", { name: "Replay as modified" }).click();
  await expect(said(page)).toContainText("new request");
  await receiver.hasReceived(before + 2);
  const got = receiver.received[before];
  expect(JSON.parse(got.body)).toEqual({ amount: 200, note: "first" });
  expect(got.headers["x-tenant"]).toBe("two");
  await said(page).getByRole("link", { name: "Open it" }).click();
  const modified = page.getByTestId("modified");
  await expect(modified).toContainText("body, 2 headers");
  await modified.locator("summary").first().click();
  await expect(modified).toContainText("x-tenant");
  await expect(modified).toContainText('"amount": 5');
  await inspect(page, "modified-replay");
});

test("a request is replayed from its row, and bytes stay bytes", async ({ page, api, receiver }) => {
  const { source } = await makeScene(api, receiver.url);
  const bytes = Buffer.from([0xff, 0, 0xfe]);
  const answer = await fetch(source.url, { method: "POST", body: bytes });
  const { request_id } = (await answer.json()) as { request_id: string };
  await receiver.hasReceived();
  await visit(page, `/requests?source=${source.id}`);
  await page.getByTestId("request").getByRole("button", { name: `Replay request ${request_id}` }).click();
  await receiver.hasReceived(2);
  expect(Buffer.compare(receiver.received[1].raw, bytes)).toBe(0);
  await expect(page.getByTestId("request")).toHaveCount(2);
  await page.setViewportSize(NARROW);
  await page.getByRole("link", { name: `Modify and replay request ${request_id}` }).click();
  await page.locator("body[data-hydrated=true]").waitFor();
  await expect(page.getByLabel(/Keep the body as it came/)).toBeChecked();
  await page.getByLabel("Query").fill("again=1");
  await page.getByRole("button", { name: "Replay as modified" }).click();
  await receiver.hasReceived(3);
  expect(receiver.received[2].path).toContain("again=1");
  expect(Buffer.compare(receiver.received[2].raw, bytes)).toBe(0);
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("an event is cancelled and sent again by its forms", async ({ page, api, receiver }) => {
    receiver.willAnswer({ status: 500, headers: LATER });
    const { source, post } = await makeScene(api, receiver.url);
    await post("", { amount: 1 });
    const waiting = () => api.call<{ count: number }>("GET", `/v1/events/count?source_id=${source.id}&status=SCHEDULED`);
    await expect.poll(async () => (await waiting()).count, "its attempt is recorded").toBe(1);
    await page.goto(`/events?source=${source.id}&status=SCHEDULED`);
    await page.getByRole("button", { name: /^Cancel event/ }).click();
    await page.goto(`/events?source=${source.id}&status=CANCELLED`);
    await page.getByRole("button", { name: /^Retry event/ }).click();
    await receiver.hasReceived(2);
    await expect(page).toHaveURL(/\/events/);
  });
});
