// Simulate Webhook: from nothing to a signed delivery that one can look into.
import { Webhook } from "standardwebhooks";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";
import {
  attempts,
  createWebhook,
  EXPORT_FAILED,
  EXPORT_SUCCESS,
  expand,
  header,
  mark,
  openSimulator,
  REVOKED,
  simulate,
  simulator,
} from "./support/webhooks";

test("with the built-in receiver a delivery is seen without a server of one's own", async ({ page }) => {
  await createWebhook(page);
  await expect(page.getByText("No deliveries yet")).toBeVisible();
  await expect(page.getByText("Delivery logs are kept for the last 15 days")).toBeVisible();
  const isStillThere = await mark(page);

  await simulate(page);
  const attempt = attempts(page);
  await expect(attempt).toHaveCount(1);
  await expect(attempt).toContainText(EXPORT_SUCCESS);
  await expect(attempt).toContainText("Successful");
  await expect(attempt).toContainText("200");
  await isStillThere();

  const detail = await expand(attempt);
  await expect(detail).toContainText("Built-in receiver");
  await expect(detail.getByRole("group", { name: "request body" })).toContainText(`"type": "${EXPORT_SUCCESS}"`);
  await expect(header(detail, "Request headers", "webhook-signature")).toHaveText(/^v1,[\w+/]{43}=$/);
  await expect(header(detail, "Request headers", "webhook-id")).toHaveText(/^[0-9a-f-]{36}$/);
  await expect(detail.getByText("HTTP 200")).toBeVisible();
  await expect(detail.getByText("Total", { exact: true })).toBeVisible();
});

test("the simulator sends what was typed, signed with the secret that the page reveals", async ({ page, receiver }) => {
  receiver.willAnswer({ status: 202, body: '{"thanks":"a lot"}' });
  await createWebhook(page, receiver.url);
  const secret = page.getByTestId("signing-secret");
  await expect(secret).toContainText("•••");
  await page.getByRole("button", { name: "Reveal" }).click();
  await expect(secret).toHaveText(/^whsec_[\w+/]+=*$/);

  const panel = await openSimulator(page);
  await panel.getByLabel("Event Type").selectOption({ label: "Patient EHI Export Failed" });
  const payload = panel.getByLabel("Payload JSON");
  await expect(payload).toHaveValue(new RegExp(`"type": "${EXPORT_FAILED}"`));

  await payload.fill('{"data": {"a": 1,}}');
  await expect(payload).toHaveAccessibleDescription(/^Line 1, column 18: /);
  const send = panel.getByRole("button", { name: "Send Simulated Payload" });
  await expect(send).toBeDisabled();
  await expect(send).toHaveAccessibleDescription("The payload is not JSON: line 1, column 18.");
  await payload.fill('{"data": {"patient": "p-17", "dose": 1.50}}');
  await expect(payload).toHaveAccessibleDescription(/^Valid JSON/);
  await send.click();
  await expect(panel.getByTestId("sent")).toContainText("Sent as");
  await expect(payload, "what was typed stays").toHaveValue('{"data": {"patient": "p-17", "dose": 1.50}}');

  const { body, headers, method } = await receiver.hasReceived();
  expect(method).toBe("POST");
  const verified = new Webhook(await secret.innerText()).verify(body, headers as Record<string, string>);
  expect(verified).toMatchObject({ api_mode: "test", type: EXPORT_FAILED, data: { patient: "p-17", dose: 1.5 } });
  expect(headers["webhook-id"]).toBe((verified as { id: string }).id);
  expect(headers["user-agent"]).toMatch(/^Hookyard\/\d/);

  const detail = await expand(attempts(page));
  await expect(detail.getByRole("group", { name: "request body" })).toContainText('"dose": 1.50');
  await expect(detail.getByText("HTTP 202")).toBeVisible();
  await expect(detail.getByRole("group", { name: "response body" })).toContainText('"thanks": "a lot"');
});

test("a failing receiver is seen with its answer, and so is the retry that succeeds", async ({ page, receiver }) => {
  receiver.willAnswer({ status: 500, body: '{"error":"out of paper"}' }, { status: 200 });
  await createWebhook(page, receiver.url);
  await simulate(page);

  const failed = attempts(page).filter({ hasText: "Failed" });
  await expect(failed).toContainText("500");
  const detail = await expand(failed);
  await expect(detail.getByText("Next attempt:")).toBeVisible();
  await expect(detail.getByText("HTTP 500")).toBeVisible();
  await expect(detail.getByRole("group", { name: "response body" })).toContainText('"error": "out of paper"');

  // The first retry comes after five seconds, above the row that is open and stays so.
  await expect(attempts(page)).toHaveCount(2, { timeout: 15_000 });
  await expect(attempts(page).first()).toContainText("Successful");
  await expect(attempts(page).first()).toContainText("Retry");
  await expect(attempts(page).first()).toContainText("#2");
  await expect(detail.getByRole("group", { name: "response body" })).toBeVisible();
  expect(receiver.received[1].headers["webhook-id"]).toBe(receiver.received[0].headers["webhook-id"]);
  expect(receiver.received[1].headers["hookyard-attempt"]).toBe("2");
});

test("a receiver that is not there is named as the reason", async ({ page, receiver }) => {
  const { url } = receiver;
  await receiver.stop();
  await createWebhook(page, url);
  await simulate(page);
  const detail = await expand(attempts(page).first());
  await expect(detail).toContainText("CONNECTION_REFUSED");
  await expect(detail.getByText("No response")).toBeVisible();
});

test("the panel is in the address, and its parts are tabs", async ({ page, api }) => {
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?status=FAILED`);
  const button = page.getByRole("button", { name: "Simulate Webhook" });
  await expect(button).toHaveAttribute("aria-expanded", "false");
  await button.click();
  await expect(button).toHaveAttribute("aria-expanded", "true");
  await expect(page).toHaveURL(/status=FAILED&simulate=compose$/);
  const tab = (name: string) => page.getByRole("tab", { name, exact: true });
  await expect(page.getByRole("tabpanel", { name: "Compose" })).toBeVisible();

  await tab("Compose").focus();
  await page.keyboard.press("ArrowRight");
  await expect(tab("Scenarios")).toBeFocused();
  await expect(tab("Scenarios")).toHaveAttribute("aria-selected", "true");
  await expect(page).toHaveURL(/simulate=scenarios$/);
  await page.keyboard.press("End");
  await expect(tab("Receiver check")).toBeFocused();
  await expect(page.getByRole("tabpanel", { name: "Receiver check" })).toBeVisible();
  await page.keyboard.press("ArrowRight");
  await expect(tab("Compose")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(simulator(page).getByLabel("Event Type"), "one stop for all tabs").toBeFocused();

  await tab("Scenarios").click();
  await page.reload();
  await page.locator("body[data-hydrated=true]").waitFor();
  await expect(tab("Scenarios")).toHaveAttribute("aria-selected", "true");
  await page.goBack();
  await expect(tab("Compose")).toHaveAttribute("aria-selected", "true");

  await page.getByRole("link", { name: "Close the simulator" }).click();
  await expect(simulator(page)).toHaveCount(0);
  await expect(page).toHaveURL(/\?status=FAILED$/);
  await expect(button).toBeFocused();
});

test("what was typed stays through all that happens on the page", async ({ page, api }) => {
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?simulate=compose`);
  const panel = simulator(page);
  const payload = panel.getByLabel("Payload JSON");
  const type = panel.getByLabel("Event Type");
  const typed = '{"data": {"mine": true}}';
  await payload.fill(typed);

  await type.selectOption({ label: "Patient EHI Export Failed" });
  await expect(payload).toHaveValue(/failure_reason/);
  await type.selectOption({ label: "Patient EHI Export Success" });
  await expect(payload).toHaveValue(typed);
  await page.getByRole("tab", { name: "Scenarios" }).click();
  await page.getByRole("tab", { name: "Compose" }).click();
  await expect(payload).toHaveValue(typed);
  await page.getByRole("search").getByLabel("Status").selectOption({ label: "Failed" });
  await expect(page).toHaveURL(/status=FAILED/);
  await expect(payload).toHaveValue(typed);
  await page.getByRole("link", { name: "Close the simulator" }).click();
  await openSimulator(page);
  await expect(payload).toHaveValue(typed);

  await panel.getByRole("button", { name: "New example" }).click();
  await expect(payload).toHaveValue(/download_links/);
  await panel.getByRole("button", { name: "Bring back what was there" }).click();
  await expect(payload).toHaveValue(typed);
});

test("the event types of the webhook come first, and deprecated ones say so", async ({ page, api }) => {
  const name = `old.type_${Date.now()}`;
  await api.call("POST", "/v1/event-types", { name, label: "Old Type", deprecated: true });
  const { id } = await api.builtInWebhook([REVOKED]);
  await visit(page, `/webhooks/${id}?simulate=compose`);
  const type = simulator(page).getByLabel("Event Type");
  const own = type.locator('optgroup[label="Sent to this webhook"] option');
  await expect(own).toHaveText(["Patient Authorization Revoked"]);
  await expect(type).toHaveValue(REVOKED);
  const others = type.locator('optgroup[label="Other event types"] option');
  await expect(others.filter({ hasText: "Old Type" }).first()).toHaveText("Old Type (deprecated)");
  await expect(others.filter({ hasText: "Patient Authorization Revoked" })).toHaveCount(0);
});

test("the example has values of this moment each time", async ({ page, api }) => {
  const { id } = await api.builtInWebhook(["webhook.test"]);
  await visit(page, `/webhooks/${id}?simulate=compose`);
  const payload = simulator(page).getByLabel("Payload JSON");
  const values = async () => JSON.parse(await payload.inputValue()) as { id: string; date: string; data: { random: string } };
  await expect.poll(async () => Math.abs(Date.parse((await values()).date) - Date.now()) < 60_000).toBe(true);
  const before = await values();
  await simulator(page).getByRole("button", { name: "New example" }).click();
  await expect.poll(async () => (await values()).data.random).not.toBe(before.data.random);
  expect((await values()).id).not.toBe(before.id);
});

test("the editor numbers its lines, marks the wrong one, leads there, and lets the Tab key go on", async ({ page, api }) => {
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?simulate=compose`);
  const panel = simulator(page);
  const payload = panel.getByLabel("Payload JSON");
  await payload.fill('{\n  "type": "a",\n  "dåta": nope\n}');
  const lines = panel.locator(".editor .line");
  await expect(lines).toHaveCount(4);
  await expect(lines.nth(2)).toHaveClass(/wrong/);
  await expect(panel.locator(".editor .line.wrong")).toHaveCount(1);
  // The numbers stand beside their lines, whatever wraps.
  const numbers = await lines.evaluateAll((all) => all.map((line) => getComputedStyle(line, "::before").content));
  expect(numbers[0]).toContain("counter(line)");

  await panel.getByRole("button", { name: "Line 3, column 12" }).click();
  await expect(payload).toBeFocused();
  expect(await payload.evaluate((area: HTMLTextAreaElement) => area.value.slice(0, area.selectionStart))).toBe(
    '{\n  "type": "a",\n  "dåta": n',
  );
  await page.keyboard.press("Tab");
  await expect(payload).not.toBeFocused();
  await expect(payload).toHaveValue(/nope/);
});

test("the schema warns, on the line, and does not forbid sending", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?simulate=compose`);
  const panel = simulator(page);
  const payload = panel.getByLabel("Payload JSON");
  await payload.fill('{\n  "data": {\n    "download_links": [],\n    "stats": {\n      "total_resources": "many"\n    }\n  }\n}');
  const status = panel.getByTestId("json-status");
  await expect(status.getByRole("listitem").filter({ hasText: "Line 5" })).toBeVisible();
  await expect(panel.locator(".editor .line.warned")).toHaveCount(1);
  await expect(status).toContainText("Valid JSON");
  await panel.getByRole("button", { name: "Send Simulated Payload" }).click();
  expect(JSON.parse((await receiver.hasReceived()).body)).toMatchObject({ data: { stats: { total_resources: "many" } } });
});

test("the preview has the bytes, the headers and the signed text, and says what is made anew", async ({ page, context, api, receiver }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?simulate=compose`);
  const panel = simulator(page);
  const exact = '{"id": "typed-1",  "date":"yesterday", "type":"x.y",\n"data":{"n": 1.50}}';
  await panel.getByLabel("Payload JSON").fill(exact);
  const body = panel.getByRole("group", { name: "previewed body" });
  const signed = panel.getByRole("group", { name: "signed text" });
  await expect(body).toContainText('"api_mode":"test"');
  await expect(body.locator("mark")).toHaveCount(2);
  await expect(panel.getByText("id, date and api_mode are filled in when it is sent")).toBeVisible();

  await panel.getByLabel("Send exactly as typed").check();
  await expect(body).toHaveText(exact, { useInnerText: false });
  await expect(body.locator("mark")).toHaveCount(0);
  await expect(signed).toContainText(`typed-1.`);
  await expect(signed.locator("mark")).toHaveText([/^\d{10}$/]);
  const headers = panel.getByRole("table", { name: "Previewed headers" });
  await expect(headers.getByRole("row", { name: /^webhook-id/ })).toContainText("typed-1");
  await expect(headers.getByRole("row", { name: /^webhook-signature/ }).locator("mark")).toHaveText(/^v1,/);
  await panel.getByRole("button", { name: "Copy signed text" }).click();
  await expect(panel.getByText("Copied")).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^typed-1\.\d{10}\./);
  expect(copied.endsWith(exact)).toBe(true);

  await panel.getByRole("button", { name: "Send Simulated Payload" }).click();
  const received = await receiver.hasReceived();
  expect(received.body).toBe(exact);
  expect(received.headers["webhook-id"]).toBe("typed-1");
});

test("after sending, the way leads to the row, which came by itself", async ({ page, api }) => {
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?simulate=compose`);
  const panel = await simulate(page);
  await expect(attempts(page)).toHaveCount(1);
  // The preview has come: nothing above the row grows any more.
  await expect(panel.getByRole("group", { name: "previewed body" })).toBeVisible();
  await panel.getByRole("link", { name: "Show it in the logs" }).click();
  await expect(attempts(page).locator(".attempt-row")).toBeFocused();
  await expect(attempts(page)).toBeInViewport();
  await expect(panel).toBeVisible();
});

test("payloads are saved by name, loaded, replaced after a question, and deleted", async ({ page, api, complaints }) => {
  complaints.announceRefusal(422, "/api/save_payload");
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  const name = `Without links ${Date.now()}`;
  await visit(page, `/webhooks/${id}?simulate=compose`);
  const panel = simulator(page);
  const payload = panel.getByLabel("Payload JSON");
  const saved = panel.getByLabel("Saved payloads");
  const press = (verb: string) => panel.getByTestId("saved-payloads").getByRole("button", { name: verb, exact: true }).click();
  await payload.fill('{"data": {"first": 1}}');
  await panel.getByLabel("Send exactly as typed").check();

  await press("Save as…");
  await press("Save");
  await expect(panel.getByLabel("Name", { exact: true })).toHaveAccessibleDescription(/a name has 1 to 100 characters/);
  await panel.getByLabel("Name", { exact: true }).fill(name);
  await page.keyboard.press("Enter");
  await expect(panel.getByLabel("Name", { exact: true })).toHaveCount(0);
  await expect(saved.locator("option:checked")).toHaveText(name);

  await payload.fill('{"data": {"second": 2}}');
  await press("Save as…");
  await press("Save");
  await expect(panel.getByLabel("Name", { exact: true })).toHaveAccessibleDescription(/is there already/);
  await press("Replace");
  await expect(panel.getByLabel("Name", { exact: true })).toHaveCount(0);

  await page.reload();
  await page.locator("body[data-hydrated=true]").waitFor();
  await saved.selectOption({ label: name });
  await press("Load");
  await expect(payload).toHaveValue('{"data": {"second": 2}}');
  await expect(panel.getByLabel("Send exactly as typed")).toBeChecked();
  await panel.getByRole("button", { name: "Bring back what was there" }).click();
  await expect(payload).toHaveValue(/download_links/);
  await expect(panel.getByLabel("Send exactly as typed")).not.toBeChecked();

  await press("Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(saved.locator("option", { hasText: name })).toHaveCount(0);
});

test("each scenario is sent as its card says", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?simulate=scenarios`);
  const card = (scenario: string) => page.locator(`[data-testid=scenario][data-scenario=${scenario}]`);
  await expect(page.getByTestId("scenario")).toHaveCount(11);
  const { secret } = await api.call<{ secret: string }>("GET", `/v1/webhooks/${id}/secret`);
  const isGenuine = (at: number) => {
    const { body, headers } = receiver.received[at];
    try {
      return Boolean(new Webhook(secret).verify(body, headers as Record<string, string>));
    } catch {
      return false;
    }
  };

  await card("duplicate").getByRole("button", { name: "Send" }).click();
  await expect(card("duplicate").getByTestId("sent")).toContainText("Sent as");
  await receiver.hasReceived(2);
  expect(receiver.received[0].headers["webhook-id"]).toBe(receiver.received[1].headers["webhook-id"]);
  expect([isGenuine(0), isGenuine(1)]).toEqual([true, true]);

  await card("wrong_signature").getByRole("button", { name: "Send" }).click();
  await receiver.hasReceived(3);
  expect(receiver.received[2].headers["webhook-signature"]).toBeTruthy();
  expect(isGenuine(2)).toBe(false);

  await card("missing_signature").getByRole("button", { name: "Send" }).click();
  expect((await receiver.hasReceived(4)).headers["webhook-signature"]).toBeUndefined();
  await expect(attempts(page), "they are in the logs below").toHaveCount(4);

  await page.getByRole("tab", { name: "Compose" }).click();
  await simulator(page).getByLabel("Payload JSON").fill("{");
  await page.getByRole("tab", { name: "Scenarios" }).click();
  await expect(card("burst").getByRole("button", { name: "Send" })).toBeDisabled();
  await expect(simulator(page).getByText("The payload is not JSON: line 1, column 1.")).toBeVisible();
});

test("a payload of 1 MiB can be pasted, seen to be JSON, and sent", async ({ page, api, receiver }) => {
  const { id } = await api.webhook(receiver.url, [EXPORT_SUCCESS]);
  await visit(page, `/webhooks/${id}?simulate=compose`);
  const panel = simulator(page);
  const payload = panel.getByLabel("Payload JSON");
  const text = JSON.stringify({ data: { text: "x".repeat(1024 * 1024 - 100) } });
  await payload.fill(text);
  await expect(payload).toHaveAccessibleDescription(/Valid JSON, too large for colours/);
  await expect(panel.locator(".editor .line")).toHaveCount(0);
  await payload.press("End");
  await payload.pressSequentially("  ");
  await expect(payload).toHaveValue(`${text}  `);
  await panel.getByRole("button", { name: "Send Simulated Payload" }).click();
  await expect(panel.getByTestId("sent")).toContainText("Sent as", { timeout: 20_000 });
  expect((await receiver.hasReceived()).body).toContain("x".repeat(1024 * 1024 - 100));
});

test("without scripts the button leads to the form, which says so", async ({ browser, page, api, complaints }) => {
  complaints.announce(/hookyard\.(js|wasm) was preloaded using link preload but not used/);
  const { id } = await api.builtInWebhook([EXPORT_SUCCESS]);
  await visit(page, "/developer");
  const context = await browser.newContext({
    baseURL: new URL(page.url()).origin,
    storageState: await page.context().storageState(),
    javaScriptEnabled: false,
  });
  const plain = await context.newPage();
  await plain.goto(`/webhooks/${id}?status=FAILED`);
  await plain.getByRole("button", { name: "Simulate Webhook" }).click();
  await expect(plain).toHaveURL(/status=FAILED&simulate=compose$/);
  await expect(plain.getByText("Scripts are off in this browser.")).toBeVisible();
  await expect(plain.getByLabel("Payload JSON")).toHaveValue(/"api_mode": "test"/);
  await plain.getByRole("tab", { name: "Scenarios" }).click();
  await expect(plain.getByTestId("scenario")).toHaveCount(11);
  await context.close();
});
