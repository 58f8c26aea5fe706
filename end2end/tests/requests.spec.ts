// The lists of requests, events and attempts: filtered, counted, followed.
import { randomUUID } from "node:crypto";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { EXPORT_SUCCESS } from "./support/webhooks";

async function makeSource(api: import("./support/api").Api, url: string) {
  const name = `list-${randomUUID().slice(0, 8)}`;
  const make = <T>(noun: string, input: object) => api.call<T & { id: string }>("POST", `/v1/${noun}`, input);
  const auth = { auth_type: "API_KEY", auth: { header_name: "x-key", value: "s3cret" } };
  const source = await make<{ url: string }>("sources", { name, config: auth });
  const destination = await make("destinations", { name, config: { url } });
  await make("connections", { name, source_id: source.id, destination_id: destination.id });
  const send = async (key: string) =>
    (await fetch(source.url, { method: "POST", headers: { "x-key": key, "content-type": "application/json" }, body: "{}" })).status;
  return { name, source, destination, send };
}

test("requests are filtered by what came of them, and the chart leads into them", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 503 });
  const { name, send } = await makeSource(api, receiver.url);
  expect(await send("wrong")).toBe(401);
  expect(await send("s3cret")).toBe(200);
  await receiver.hasReceived();
  await visit(page, "/requests");
  await page.locator("select[name=source]").selectOption({ label: name });
  await expect(page.getByTestId("request")).toHaveCount(2);
  await expect(page.getByTestId("histogram")).toContainText("2 requests: 1 accepted, 1 rejected");
  await page.getByLabel("Outcome").selectOption({ label: "Scheduled" });
  await expect(page.getByTestId("request")).toHaveCount(1);
  await expect(page.getByTestId("request").getByTitle("Scheduled: 1")).toBeVisible();
  await page.getByRole("link", { name: /Remove Outcome/ }).click();
  await page.getByLabel("Refused because").selectOption({ label: "sender not proven" });
  await expect(page.getByTestId("request")).toHaveCount(1);
  await expect(page.getByTestId("request")).toHaveAttribute("data-status", "rejected");
  await expect(page).toHaveURL(/cause=SOURCE_AUTH_FAILED/);
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(page).toHaveURL(/\/requests$/);
});

test("rows say how long ago, and exactly when on demand", async ({ page, api }) => {
  await api.publish(EXPORT_SUCCESS, {});
  for (const list of ["requests", "events"]) {
    await visit(page, `/${list}`);
    const time = page.getByTestId(list).locator("time").first();
    await expect(time).toHaveText(/ago|just now/);
    await expect(time).toHaveAttribute("title", /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$/);
  }
});

test("attempts of all destinations stand in one list", async ({ page, api, receiver }) => {
  receiver.willAnswer({ status: 410 });
  const { name, destination, send } = await makeSource(api, receiver.url);
  await send("s3cret");
  await receiver.hasReceived();
  await visit(page, "/attempts");
  await page.locator("select[name=destination]").selectOption({ label: name });
  await expect(page).toHaveURL(new RegExp(`destination=${destination.id}`));
  await expect(page.getByTestId("attempt")).toHaveCount(1);
  await expect(page.getByRole("link", { name: `Remove Destination: ${name}` })).toBeVisible();
  await page.locator("select[name=error]").selectOption({ label: "timeout" });
  await expect(page.getByText("No attempt fits")).toBeVisible();
});

test("a list that is searched does not read again by itself", async ({ page, api, receiver }) => {
  const { send } = await makeSource(api, receiver.url);
  const asked: string[] = [];
  await visit(page, `/requests?q=${randomUUID()}`);
  await expect(page.getByText("No request fits")).toBeVisible();
  page.on("request", (request) => asked.push(request.url()));
  await send("s3cret");
  await receiver.hasReceived();
  // What follows live does so at once; the other list is proof that something was told.
  const other = await page.context().newPage();
  await visit(other, "/requests");
  await expect(other.getByTestId("request").first()).toBeVisible();
  expect(asked.filter((url) => /\/api\/(requests|newest_requests|count_requests)/.test(url))).toEqual([]);
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("lists are filtered by their forms", async ({ page, api, receiver }) => {
    const { source, send } = await makeSource(api, receiver.url);
    await send("wrong");
    await page.goto("/requests");
    await page.locator("select[name=source]").selectOption(source.id);
    await page.locator("select[name=status]").selectOption("rejected");
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(page).toHaveURL(/status=rejected/);
    await expect(page.getByTestId("request")).toHaveCount(1);
    await page.getByTestId("request").getByRole("link").first().click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Request");
    await expect(page.getByText("SOURCE_AUTH_FAILED")).toBeVisible();
  });
});
