// What strangers send is shown as text, whatever it is.
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
