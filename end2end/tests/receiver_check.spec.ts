// The receiver check: everything that a receiver may meet, and what it makes of it.
import { Webhook } from "standardwebhooks";
import type { Api } from "./support/api";
import type { Receiver } from "./support/receiver";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import { attempts, EXPORT_SUCCESS, simulator } from "./support/webhooks";

/** A webhook whose receiver refuses with 401 what is not signed with its secret, or not now. */
async function careful(api: Api, receiver: Receiver): Promise<string> {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  const { secret } = await api.call<{ secret: string }>("GET", `/v1/webhooks/${id}/secret`);
  receiver.willDecide(({ body, headers }) => {
    try {
      new Webhook(secret).verify(body, headers as Record<string, string>);
      return { status: 200 };
    } catch {
      return { status: 401, body: "not signed as it should be" };
    }
  });
  return id;
}

test("a careful receiver passes, and the report fills while answers come", async ({ page, api, receiver }) => {
  const id = await careful(api, receiver);
  await visit(page, `/webhooks/${id}?simulate=check`);
  const panel = simulator(page);
  await expect(panel.getByText("What does this receiver do when things go wrong?")).toBeVisible();
  await panel.getByLabel("Answers within (ms)").fill("10000");
  await panel.getByRole("button", { name: "Run receiver check" }).click();

  await expect(page).toHaveURL(/simulate=check&check=chk_\w+$/);
  const report = panel.getByTestId("report");
  await expect(report.getByRole("progressbar", { name: "Deliveries tried" })).toBeVisible();
  await expect(report).toHaveAttribute("data-done", "true", { timeout: 25_000 });
  await expect(report.getByTestId("finding")).toHaveCount(12);
  await expect(report.locator("[data-finding=fail]")).toHaveCount(0);
  await expect(report.getByRole("status")).toContainText(/^Done: \d+ passed/);
  await expect(attempts(page).first(), "its deliveries are in the logs below").toBeVisible();

  await page.reload();
  await page.locator("body[data-hydrated=true]").waitFor();
  await expect(report.getByTestId("finding"), "a link opens it").toHaveCount(12);
});

test("a careless receiver is told what to do, with the deliveries as evidence", async ({ page, context, api, receiver }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  const { id: check } = await api.call<{ id: string }>("POST", `/v1/webhooks/${id}/receiver-checks`, {
    scenarios: ["wrong_signature", "duplicate"],
  });
  await visit(page, `/webhooks/${id}?simulate=check&check=${check}`);
  const report = simulator(page).getByTestId("report");
  await expect(report).toHaveAttribute("data-done", "true", { timeout: 20_000 });
  await expect(report.getByTestId("finding")).toHaveCount(4);
  const wrong = report.locator("[data-scenario=wrong_signature]");
  await expect(wrong).toHaveAttribute("data-finding", "fail");
  await expect(wrong.getByText("Fail", { exact: true })).toBeVisible();
  await expect(wrong).toContainText("answered 200");
  await expect(wrong.locator(".advice")).toContainText("webhook-signature");

  await wrong.getByRole("list", { name: "Deliveries" }).getByRole("link").first().click();
  const row = page.locator(".attempt-row[aria-expanded=true]");
  await expect(row, "the attempt is open in the logs").toBeFocused();
  await expect(report).toBeVisible();

  await report.getByRole("button", { name: "Copy report as Markdown" }).click();
  await expect(report.getByText("Copied")).toBeVisible();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toMatch(/^# Receiver check\n/);
  expect(text).toContain("## FAIL: Refuses a wrong signature");
  expect(text).toContain("## PASS: Accepts an ordinary delivery");
});

test("earlier checks are listed with their results, and chosen by a click", async ({ page, api, receiver }) => {
  const id = await careful(api, receiver);
  // One at a time.
  const start = async () => {
    const check = await api.call<{ id: string }>("POST", `/v1/webhooks/${id}/receiver-checks`, { scenarios: ["valid"] });
    const isDone = async () => (await api.call<{ done: boolean }>("GET", `/v1/receiver-checks/${check.id}`)).done;
    await expect.poll(isDone, { message: "the check is done" }).toBe(true);
    return check;
  };
  const [first, second] = [await start(), await start()];
  await visit(page, `/webhooks/${id}?simulate=check`);
  const earlier = simulator(page).getByTestId("earlier-check");
  await expect(earlier).toHaveCount(2);
  await expect(earlier.first()).toContainText("2 passed");
  await earlier.last().getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(`check=${first.id}$`));
  await expect(earlier.last().getByRole("link")).toHaveAttribute("aria-current", "true");
  await expect(simulator(page).getByTestId("finding")).toHaveCount(2);
  await earlier.first().getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(`check=${second.id}$`));
});

test("a time that makes no sense gets a message beside it", async ({ page, api }) => {
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?simulate=check`);
  const within = simulator(page).getByLabel("Answers within (ms)");
  await within.fill("7");
  await simulator(page).getByRole("button", { name: "Run receiver check" }).click();
  await expect(within).toHaveAccessibleDescription("a whole number from 50 to 30000");
  await expect(within).toHaveValue("7");
});

test("a disabled webhook says why nothing can be sent, and what to do", async ({ page, api, complaints }) => {
  complaints.announceRefusal(409, "/api/start_receiver_check");
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?simulate=check`);
  const panel = simulator(page);
  const notice = panel.locator(".when-disabled").getByText("The webhook is disabled");
  await expect(notice).toHaveCount(0);
  await api.call("POST", `/v1/webhooks/${id}/disable`);
  await expect(notice).toBeVisible();
  await expect(panel.getByText("then enable it")).toBeVisible();
  await panel.getByRole("button", { name: "Run receiver check" }).click();
  await expect(panel.getByRole("alert").filter({ hasText: "disabled" })).toBeVisible();
  await api.call("POST", `/v1/webhooks/${id}/enable`);
  await expect(notice).toHaveCount(0);
});
