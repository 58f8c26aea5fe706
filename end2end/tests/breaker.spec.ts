// The circuit breaker on a destination's page: drawn, explained, probed and closed.
import { randomUUID } from "node:crypto";
import { inspect } from "./support/inspect";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

const unique = () => `ship-${randomUUID().slice(0, 8)}`;

test("a destination that fails holds its events until a probe is delivered", async ({ page, api, receiver, request }) => {
  // It looks at four pages, one of them in every look.
  test.slow();
  const source = await api.call<{ id: string }>("POST", "/v1/sources", { name: unique() });
  const circuit_breaker = { consecutive_failures: 1, failing_for_seconds: 0 };
  const config = { url: receiver.url, circuit_breaker };
  const destination = await api.call<{ id: string; name: string }>("POST", "/v1/destinations", { name: unique(), config });
  await api.call("POST", "/v1/connections", { name: unique(), source_id: source.id, destination_id: destination.id });
  const send = () => request.post(`/in/${source.id}`, { data: {} });
  receiver.willAnswer({ status: 500 });

  await visit(page, `/destinations/${destination.id}`);
  const breaker = page.getByTestId("breaker");
  await expect(breaker.getByRole("img", { name: /^The circuit breaker is closed/ })).toBeVisible();
  await expect(breaker).toContainText("It opens after a failure.");
  await expect(page.getByTestId("auto-disable")).toContainText("It is disabled by itself after 20 failures in a row");

  await send();
  await expect(breaker).toContainText("Open since");
  await expect(page.getByTestId("breaker-now")).toContainText("1 event waits");
  await send();
  await expect(page.getByTestId("breaker-now")).toContainText("2 events wait");
  await expect(page.getByTestId("destination-page")).toContainText("Breaker");
  await inspect(page, "a circuit breaker that is open");

  // A probe on demand; it fails and uses up nothing.
  const before = receiver.received.length;
  await breaker.getByRole("button", { name: "Probe now" }).click();
  await expect.poll(() => receiver.received.length).toBeGreaterThan(before);
  await expect(breaker).toContainText(/probes? failed so far/);

  // The event says why it waits.
  const held = await api.call<{ models: { id: string }[] }>("GET", `/v1/events?status=HOLD&destination_id=${destination.id}`);
  await visit(page, `/events/${held.models[0].id}`);
  await expect(page.getByTestId("held")).toContainText(`the circuit breaker of ${destination.name} is open`);

  await visit(page, "/destinations");
  const row = page.getByTestId("destination").filter({ hasText: destination.name });
  await expect(row).toContainText("Breaker");

  await visit(page, `/destinations/${destination.id}`);
  // Not before, or a probe of its own may close it first.
  receiver.willAnswer({ status: 200 });
  await breaker.getByRole("button", { name: "Probe now" }).click();
  await expect(breaker).toContainText("Events go out as they come.");
  await expect.poll(async () => {
    const done = await api.call<{ count: number }>("GET", `/v1/events/count?status=SUCCESSFUL&destination_id=${destination.id}`);
    return done.count;
  }).toBe(2);
});

test("a circuit breaker is closed by hand, and set up in the form", async ({ page, api, receiver, request, complaints }) => {
  const source = await api.call<{ id: string }>("POST", "/v1/sources", { name: unique() });
  const config = { url: receiver.url };
  const destination = await api.call<{ id: string }>("POST", "/v1/destinations", { name: unique(), config });
  await api.call("POST", "/v1/connections", { name: unique(), source_id: source.id, destination_id: destination.id });

  await visit(page, `/destinations/${destination.id}/edit`);
  await expect(page.getByLabel("Hold after so many failures in a row")).toHaveValue("10");
  await page.getByLabel("Hold after so many failures in a row").fill("0");
  await page.getByLabel("And for so many seconds").fill("0");
  complaints.announceRefusal(422, "/api/replace_destination");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("must be 1 to 1000; give null")).toBeVisible();
  await page.getByLabel("Hold after so many failures in a row").fill("1");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const breaker = page.getByTestId("breaker");
  await expect(breaker).toContainText("It opens after a failure.");

  receiver.willAnswer({ status: 500 });
  await request.post(`/in/${source.id}`, { data: {} });
  await expect(breaker).toContainText("Open since");
  receiver.willAnswer({ status: 200 });
  await breaker.getByRole("button", { name: "Close it" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close it" }).click();
  await expect(breaker).toContainText("Events go out as they come.");

  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByLabel("Hold its events until it is well again (circuit breaker)").uncheck();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(breaker).toContainText("Switched off");
});
