// What strangers send is shown as text, whatever it is.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import type { Api } from "./support/api";
import { inspect } from "./support/inspect";
import type { Receiver } from "./support/receiver";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { attempts, EXPORT_SUCCESS, expand } from "./support/webhooks";

const SCRIPT = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>\"><svg onload=window.pwned=1>";
// Text that runs backwards, a bell, an escape sequence, a space that is not seen, half of a closing tag.
const MISLEADING = "invoice\u202efdp.exe\u0007\u001b[31m\u200b</pre></script>";

test("scripts do not run and misleading characters are named", async ({ page, api, receiver }) => {
  receiver.willAnswer({
    status: 200,
    headers: { "content-type": "text/html", "x-reply": SCRIPT },
    body: `${SCRIPT}${MISLEADING}`,
  });
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS], `${SCRIPT} ${MISLEADING.slice(0, 12)}`);
  const { event_ids, request_id } = await api.publish(EXPORT_SUCCESS, { [SCRIPT]: MISLEADING, script: SCRIPT });
  await receiver.hasReceived();
  const event = await eventTo(api, event_ids, id);

  const isHarmless = async () => expect(await page.evaluate(() => "pwned" in window)).toBe(false);
  await visit(page, `/webhooks/${id}`);
  const detail = await expand(attempts(page).first());
  const response = detail.getByRole("group", { name: "response body" });
  await expect(response).toContainText(SCRIPT);
  await expect(response.locator(".mark")).toHaveText(["U+202E", "U+0007", "U+001B", "U+200B"]);
  await expect(detail.getByRole("table", { name: "Response headers" })).toContainText(SCRIPT);
  const request = detail.getByRole("group", { name: "request body" });
  await expect(request).toContainText("<script>window.pwned = 1</script>");
  await expect(request.locator(".mark").first()).toHaveText("U+202E");
  await isHarmless();

  for (const path of ["/developer", `/events/${event}`, `/requests/${request_id}`]) {
    await visit(page, path);
    await expect(page.getByText("<script>window.pwned = 1</script>").first()).toBeVisible();
    await isHarmless();
  }
});

test("a path and a header from outside are text too", async ({ page, api, request }) => {
  const source = await api.call<{ id: string; url: string }>("POST", "/v1/sources", { name: `hostile-${Date.now()}` });
  const path = "/%3Cscript%3Ewindow.pwned=1%3C/script%3E?q=%E2%80%AE<b>";
  const answer = await request.post(`/in/${source.id}${path}`, { headers: { "x-note": "<b>\u00e9</b>" }, data: "\u0000\u00ff" });
  const { request_id } = (await answer.json()) as { request_id: string };
  await visit(page, `/requests/${request_id}`);
  await expect(page.getByRole("table", { name: "Request headers" })).toContainText("x-note");
  await visit(page, `/requests?source=${source.id}`);
  await expect(page.getByTestId("request")).toHaveCount(1);
  expect(await page.evaluate(() => "pwned" in window)).toBe(false);
});

async function eventTo(api: { call<T>(method: string, path: string): Promise<T> }, ids: string[], destination: string) {
  for (const id of ids) {
    const event = await api.call<{ destination_id: string }>("GET", `/v1/events/${id}`);
    if (event.destination_id === destination) {
      return id;
    }
  }
  throw new Error(`no event for ${destination}`);
}

test.describe("bodies from outside", () => {
  /** Sends bytes through a source to the receiver, and opens the attempt on its event's page. */
  async function deliver(page: Page, api: Api, receiver: Receiver, bytes: Buffer, type = "application/octet-stream") {
    const name = `bytes-${randomBytes(4).toString("hex")}`;
    const source = await api.call<{ id: string; url: string }>("POST", "/v1/sources", { name });
    const destination = await api.call<{ id: string }>("POST", "/v1/destinations", { name, config: { url: receiver.url } });
    await api.call("POST", "/v1/connections", { name, source_id: source.id, destination_id: destination.id });
    const answer = await fetch(source.url, { method: "POST", body: new Uint8Array(bytes), headers: { "content-type": type } });
    const { request_id } = (await answer.json()) as { request_id: string };
    const received = await receiver.hasReceived();
    expect(received.raw.equals(bytes), "it is delivered as it came").toBe(true);
    const { models } = await api.call<{ models: { id: string }[] }>("GET", `/v1/requests/${request_id}/events`);
    await visit(page, `/events/${models[0].id}`);
    return expand(attempts(page).first());
  }

  test("bytes that are no text are shown with their offsets, and taken away whole", async ({ page, api, receiver }) => {
    const bytes = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0xc3, 0x28]), Buffer.from("<b>bold</b>")]);
    receiver.willAnswer({ body: bytes, headers: { "content-type": "text/html" } });
    const detail = await deliver(page, api, receiver, bytes);
    for (const body of ["request body", "response body"]) {
      const shown = detail.getByRole("group", { name: body });
      await expect(shown).toContainText("00000000  89 50 4e 47 00 ff c3 28  3c 62 3e 62 6f 6c 64 3c  |.PNG...(<b>bold<|");
      await expect(shown).toContainText("00000010  2f 62 3e ");
    }
    await detail.getByText("Show the command").click();
    await expect(detail.getByRole("group", { name: "curl command" })).toContainText("base64 --decode");
    await inspect(page, "hostile-binary");
  });

  test("what is huge is shown in part, and more on demand", async ({ page, api, receiver }) => {
    const bytes = Buffer.from(`{"list":[${Array.from({ length: 300_000 }, (_, index) => index).join(",")}]}`);
    expect(bytes.length).toBeGreaterThan(1 << 20);
    const detail = await deliver(page, api, receiver, bytes, "application/json");
    const shown = detail.getByRole("group", { name: "request body" });
    await expect(shown).toContainText('"list": [');
    const length = async () => (await shown.textContent())!.length;
    const first = await length();
    expect(first).toBeLessThan(100_000);
    await detail.getByRole("button", { name: "Show more" }).click();
    await expect.poll(length).toBeGreaterThan(first * 2);
    await detail.getByRole("button", { name: "Raw" }).first().click();
    await expect(shown).toContainText('{"list":[0,1,2,');
    await detail.getByText("Show the command").click();
    await expect(detail.getByRole("group", { name: "curl command" })).toContainText(/--data-binary '@att_\w+-request-body'/);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      detail.getByRole("link", { name: "Download request body" }).click(),
    ]);
    expect(readFileSync(await download.path()).equals(bytes)).toBe(true);
  });

  test("what is nested without end neither breaks nor freezes the page", async ({ page, api, receiver }) => {
    const bytes = Buffer.from(`${"[".repeat(200_000)}${"]".repeat(200_000)}`);
    const detail = await deliver(page, api, receiver, bytes, "application/json");
    await expect(detail.getByRole("group", { name: "request body" })).toContainText(/^\[\s+\[\s+\[/);
    await expect(detail.getByText("Only the beginning is shown.")).toBeVisible();
    await detail.getByRole("button", { name: "Hex" }).first().click();
    await expect(detail.getByRole("group", { name: "request body" })).toContainText("|[[[[[[[[[[[[[[[[|");
  });

  test("text with what controls a terminal is named, and its command is safe to paste", async ({ page, api, receiver }) => {
    const detail = await deliver(page, api, receiver, Buffer.from(MISLEADING), "text/plain");
    await expect(detail.getByRole("group", { name: "request body" }).locator(".mark")).toHaveText(["U+202E", "U+0007", "U+001B", "U+200B"]);
    await detail.getByText("Show the command").click();
    const command = await detail.getByRole("group", { name: "curl command" }).textContent();
    expect(command).toMatch(/^[\n\x20-\x7e]+$/);
    expect(await page.evaluate(() => "pwned" in window)).toBe(false);
  });
});
