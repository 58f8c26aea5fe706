// Issues: what fails, grouped; looked after, resolved, told to a chat.
import { randomUUID } from "node:crypto";
import { inspect } from "./support/inspect";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import type { Api } from "./support/api";

const unique = () => `orders-${randomUUID().slice(0, 8)}`;
type Named = { id: string; name: string };

/** A source that leads to a destination at this URL, with these rules. */
async function failing(api: Api, url: string, rules: object[] = []): Promise<{ source: Named; destination: Named }> {
  const source = await api.call<Named>("POST", "/v1/sources", { name: unique() });
  const config = { url, circuit_breaker: null };
  const destination = await api.call<Named>("POST", "/v1/destinations", { name: unique(), config });
  await api.call("POST", "/v1/connections", { name: unique(), source_id: source.id, destination_id: destination.id, rules });
  return { source, destination };
}

test("an issue is found, understood, acknowledged and resolved", async ({ page, api, receiver, request }) => {
  // Not tried again within the test.
  const retry = { type: "retry", strategy: "linear", interval: 3_600_000, count: 3 };
  const { source, destination } = await failing(api, receiver.url, [retry]);
  receiver.willAnswer({ status: 500, body: '{"error":"deadlock detected"}' });
  for (let number = 0; number < 3; number += 1) {
    await request.post(`/in/${source.id}`, { data: { number } });
  }
  await receiver.hasReceived(3);
  const title = `500 from ${destination.name}`;

  await visit(page, "/overview");
  const navigation = page.getByRole("navigation", { name: "Main" });
  await expect(navigation.getByTestId("issue-count")).toBeVisible();
  await expect(page.getByTestId("issues-now")).toContainText(title);
  await navigation.getByRole("link", { name: /^Issues/ }).click();
  await expect(page).toHaveURL("/issues");
  const row = page.getByTestId("issue").filter({ hasText: title });
  await expect(row).toContainText("3 attempts");
  await expect(row.getByRole("img", { name: /^Last 24 hours: 3 failures/ })).toBeVisible();

  await row.getByRole("link", { name: title }).click();
  await expect(page.getByTestId("issue-summary")).toContainText("HTTP_500");
  await expect(page.getByTestId("issue-meaning")).toContainText("What to do");
  await expect(page.getByTestId("newest-failures").getByRole("listitem")).toHaveCount(3);
  await expect(page.getByTestId("chart-failures")).toContainText("3 attempts since it was opened");
  await expect(page.getByRole("link", { name: "Recovery" })).toHaveAttribute("href", `/destinations/${destination.id}/recovery`);

  await page.getByRole("button", { name: `Acknowledge: ${title}` }).click();
  await expect(page.getByTestId("issue-summary")).toHaveAttribute("data-state", "ACKNOWLEDGED");
  await expect(page.getByTestId("issue-history")).toContainText("Acknowledged by");
  await visit(page, "/issues?state=acknowledged");
  await expect(row).toBeVisible();
  await row.getByRole("button", { name: `Resolve: ${title}` }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("navigation", { name: "State" }).getByRole("link", { name: /^Resolved/ }).click();
  await expect(row).toBeVisible();
  await expect(row).toHaveAttribute("data-state", "RESOLVED");

  await visit(page, `/destinations/${destination.id}`);
  await expect(page.getByTestId("issues-now")).toHaveCount(0);
});

test("a list follows what happens, and what delivers again is resolved by itself", async ({ page, api, receiver, request }) => {
  test.setTimeout(60_000);
  const { source, destination } = await failing(api, receiver.url);
  receiver.willAnswer({ status: 500 }, { status: 200 });
  await visit(page, `/issues?state=all&destination=${destination.id}`);
  await expect(page.getByTestId("empty")).toContainText("No issue fits");
  await request.post(`/in/${source.id}`, { data: {} });
  const row = page.getByTestId("issue");
  await expect(row).toHaveAttribute("data-state", "OPEN");
  // Its retry delivers, and then nothing fails for a while.
  await expect(row).toHaveAttribute("data-state", "RESOLVED", { timeout: 40_000 });
});

test("what is not there is said", async ({ page, complaints }) => {
  await visit(page, `/issues?state=all&q=${randomUUID()}`);
  await expect(page.getByTestId("empty")).toContainText("No issue fits");
  await inspect(page, "issues that do not fit");
  complaints.announceRefusal(404, "/issues/iss_01HF7YAT000000000000000007");
  await visit(page, "/issues/iss_01HF7YAT000000000000000007");
  await expect(page.getByRole("alert")).toContainText("There is no issue");
});

test("a chat is set up, tried and taken away", async ({ page, receiver, complaints }) => {
  complaints.announceRefusal(422, "/api/set_issue_notices");
  await visit(page, "/settings");
  const part = page.getByRole("region", { name: "Notices of issues" });
  const url = part.getByLabel("Slack-compatible webhook URL");
  const minutes = part.getByLabel("Quiet time in minutes");
  await expect(minutes).toHaveValue("60");
  await expect(part.getByRole("button", { name: "Send a test message" })).toBeHidden();
  await url.fill("hooks.example.com");
  await minutes.fill("2000");
  await part.getByRole("button", { name: "Save" }).click();
  await expect(url).toHaveAccessibleDescription(/is not a URL/);
  await expect(minutes).toHaveAccessibleDescription(/0 to 1440/);
  await expect(url).toHaveValue("hooks.example.com");

  await url.fill(`${receiver.url}/chat`);
  await minutes.fill("30");
  await part.getByRole("button", { name: "Save" }).click();
  await expect(part).toContainText("Saved.");
  await expect(url).toHaveValue("••••••••");
  await part.getByRole("button", { name: "Send a test message" }).click();
  await expect(part).toContainText("It was taken.");
  expect(JSON.parse((await receiver.hasReceived(1)).body).text).toContain("Test message");

  complaints.announceRefusal(503, "/api/send_test_slack");
  // Not more than one in some seconds.
  complaints.announceRefusal(429, "/api/send_test_slack");
  receiver.willAnswer({ status: 404, body: "no_service" });
  await expect(async () => {
    await part.getByRole("button", { name: "Send a test message" }).click();
    await expect(part.getByRole("alert")).toContainText("The message was not taken: it answered 404 Not Found: no_service", {
      timeout: 2_000,
    });
  }).toPass();
  await inspect(page, "settings with a chat");

  await url.fill("");
  await minutes.fill("60");
  await part.getByRole("button", { name: "Save" }).click();
  await expect(part.getByRole("button", { name: "Send a test message" })).toBeHidden();
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("an issue is acknowledged and resolved", async ({ page, api, receiver, request }) => {
    const { source, destination } = await failing(api, receiver.url);
    receiver.willAnswer({ status: 500 });
    await request.post(`/in/${source.id}`, { data: {} });
    await receiver.hasReceived(1);
    const title = `500 from ${destination.name}`;
    await expect(async () => {
      await page.goto(`/issues?destination=${destination.id}`);
      await expect(page.getByTestId("issue")).toHaveCount(1, { timeout: 1_000 });
    }).toPass();
    await page.getByRole("button", { name: `Acknowledge: ${title}` }).click();
    await page.goto(`/issues?state=acknowledged&destination=${destination.id}`);
    await page.getByRole("button", { name: `Resolve: ${title}` }).click();
    await page.goto(`/issues?state=resolved&destination=${destination.id}`);
    await expect(page.getByTestId("issue")).toContainText(title);
  });
});
