// Verification: whether all that was accepted is accounted for, run and read on its page.
import { randomUUID } from "node:crypto";
import { inspect } from "./support/inspect";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

type Thing = { id: string; url: string };
type Found = { status: string; discrepancy_count: number; looked: { requests: number; events: number } };

test("everything is gone through, and each rule is ticked", async ({ page, api, receiver }) => {
  const name = `verify-${randomUUID().slice(0, 8)}`;
  const source = await api.call<Thing>("POST", "/v1/sources", { name });
  const destination = await api.call<Thing>("POST", "/v1/destinations", { name, config: { url: receiver.url } });
  await api.call("POST", "/v1/connections", { name, source_id: source.id, destination_id: destination.id });
  await fetch(source.url, { method: "POST", body: "1" });
  await receiver.hasReceived();

  await visit(page, "/overview");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Verify" }).click();
  await expect(page.getByRole("heading", { name: "Verify", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: /Verify now|Run again/ }).click();
  await expect(page.getByTestId("verify-status")).toContainText("Everything adds up");
  await expect(page.getByTestId("verify-percent")).toHaveText("100 %");
  await expect(page.getByRole("progressbar", { name: "Progress" })).toHaveAttribute("aria-valuenow", "100");
  const rules = page.locator('[data-testid^="rule-"]');
  await expect(rules).toHaveCount(17);
  await expect(rules.first()).toContainText("Every accepted request has all the events that it made");
  await expect(page.getByTestId("rule-request_events").getByText("Holds:")).toBeAttached();
  await expect(page.getByTestId("discrepancy")).toHaveCount(0);

  // Another request is looked at with the next run, which the page follows.
  const before = await api.call<Found>("GET", "/v1/verify");
  expect(before.discrepancy_count).toBe(0);
  await fetch(source.url, { method: "POST", body: "2" });
  await receiver.hasReceived(2);
  await page.getByRole("button", { name: "Run again" }).click();
  const looked = page.getByRole("list", { name: "Looked at" }).getByRole("listitem").first().locator("b");
  const number = async () => Number((await looked.innerText()).replace(/[^0-9]/g, ""));
  await expect.poll(number).toBeGreaterThan(before.looked.requests);
  await expect(page.getByTestId("verify-status")).toContainText("Everything adds up");
  await inspect(page, "verify");
});
