// Every page and state of a page, light and dark, wide and narrow: axe finds nothing, and nothing sticks out.
import type { Page } from "@playwright/test";
import { SIGNED_OUT, fillSignIn } from "./support/account";
import { inspect } from "./support/inspect";
import { makeScene, type Scene } from "./support/scene";
import { expect, test as base } from "./support/test";
import { visit } from "./support/visit";
import { attempts, expand, openSimulator as openPanel, openWebhookForm } from "./support/webhooks";

const test = base.extend<object, { scene: Scene }>({
  scene: [
    async ({ api }, use) => {
      const scene = await makeScene(api);
      await use(scene);
      await scene.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

/** What is done on a page, one after the other, before it is looked at once more. Escape is pressed between them. */
type Acts = Record<string, (page: Page) => Promise<unknown>>;

const press = (name: string | RegExp) => (page: Page) => page.getByRole("button", { name }).first().click();
const openFirst = (page: Page) => expand(attempts(page).first());

const PLACES: [name: string, path: (scene: Scene) => string, acts?: Acts][] = [
  [
    "developer",
    () => "/developer",
    {
      types: (page) => page.getByRole("button", { name: /types?$/ }).first().focus(),
      delete: press(/^Delete http/),
      disable: press(/^Disable http/),
      edit: press(/^Edit http/),
      "edit-type": showType,
      account: press("Account"),
      "new-key-pair": createCredentials,
    },
  ],
  ["overview", () => "/overview?window=1h", { table: (page) => page.getByText(/^As a table/).first().click() }],
  ["alerts", () => "/alerts"],
  ["logs", ({ records }) => `/webhooks/${records}`, { open: openFirst, secret: reveal, rotate: press("Rotate") }],
  ["simulator", ({ records }) => `/webhooks/${records}`, { open: openSimulator, mistake: mistype }],
  ["scenarios", ({ records }) => `/webhooks/${records}?simulate=scenarios`],
  ["receiver-check", ({ records }) => `/webhooks/${records}?simulate=check`],
  [
    "signing",
    ({ records }) => `/webhooks/${records}/signing`,
    {
      secret: reveal,
      rotate: press("Rotate"),
      end: press(/^End now/),
      "new-key": press("New key"),
      "turn-off": press("Turn off"),
      python: openSnippet,
    },
  ],
  ["signing-plain", ({ analytics }) => `/webhooks/${analytics}/signing`],
  ["logs-failed", ({ analytics }) => `/webhooks/${analytics}`, { open: openFirst }],
  ["logs-disabled", ({ retired }) => `/webhooks/${retired}`],
  ["logs-warning", ({ ledger }) => `/webhooks/${ledger}`],
  ["logs-paused", ({ paused }) => `/webhooks/${paused}`],
  ["requests", () => "/requests"],
  ["requests-none-fits", () => "/requests?q=nothing-like-this"],
  ["request", ({ request }) => `/requests/${request}`],
  ["request-rejected", ({ rejected }) => `/requests/${rejected}`],
  ["request-replay", ({ request }) => `/requests/${request}/replay`],
  ["events", () => "/events"],
  ["attempts", () => "/attempts", { open: openFirst }],
  ["attempts-none-fits", () => "/attempts?q=nothing-like-this"],
  ["event", ({ successful }) => `/events/${successful}`, { open: openFirst }],
  ["event-waiting", ({ waiting }) => `/events/${waiting}`],
  ["issues", () => "/issues", { open: openIssue }],
  ["issues-resolved", () => "/issues?state=resolved"],
  ["bulk-none", () => "/bulk"],
  ["sources", () => "/sources"],
  ["sources-none-fits", () => "/sources?q=nothing-like-this"],
  ["source", ({ code }) => `/sources/${code}`, { rotate: press("Change the URL"), edit: editSource }],
  ["source-hmac", ({ shop }) => `/sources/${shop}`, { disable: press("Disable"), delete: press("Delete") }],
  ["source-new", () => "/sources/new", { search: searchProvider }],
  ["source-new-github", () => "/sources/new?type=GITHUB"],
  ["source-new-webhook", () => "/sources/new?type=WEBHOOK", { rules: addRules, hmac: chooseHmac, mistake: mistypeSource }],
  ["destinations", () => "/destinations"],
  ["destinations-none-fits", () => "/destinations?q=nothing-like-this"],
  ["destination", ({ ledger }) => `/destinations/${ledger}`, { disable: press("Disable") }],
  ["destination-paused", ({ records }) => `/destinations/${records}`],
  ["recovery", ({ ledger }) => `/destinations/${ledger}/recovery`],
  ["destination-new", () => "/destinations/new", { oauth: chooseOAuth, mistake: mistypeDestination }],
  ["destination-new-mock", () => "/destinations/new?type=MOCK"],
  ["destination-edit", ({ ledger }) => `/destinations/${ledger}/edit`],
  ["connections", () => "/connections", { new: openConnectionForm }],
  ["settings", () => "/settings", { add: press("Add member"), remove: press(/^Remove /) }],
  ["settings-none-fits", () => "/settings?action=missed_replayed"],
  ["verify", () => "/verify", { clean: verify, findings: findSomething }],
  ["event-types", () => "/event-types"],
  ["event-types-none-fits", () => "/event-types?q=nothing-like-this"],
  ["event-types-import", () => "/event-types/import", { plan: planImport }],
  ["event-type", ({ eventType }) => `/event-types/${eventType}`, { delete: press("Delete") }],
  ["event-type-deprecated", ({ deprecated }) => `/event-types/${deprecated}`],
  ["event-type-new", () => "/event-types/new", { mistake: mistypeSchema }],
  ["event-type-edit", ({ eventType }) => `/event-types/${eventType}/edit`],
  ["parts", () => "/ui"],
];

// One page is loaded once, and then looked at in each of its states.
test.describe.configure({ timeout: 90_000 });

for (const [name, path, acts = {}] of PLACES) {
  test(name, async ({ page, scene, complaints }) => {
    complaints.announceRefusal(422, "/api/create_source");
    await visit(page, path(scene));
    await inspect(page, name);
    for (const [state, act] of Object.entries(acts)) {
      await act(page);
      await inspect(page, `${name}-${state}`);
      await page.keyboard.press("Escape");
      await expect(page.locator("dialog[open]")).toHaveCount(0);
    }
  });
}

test("webhook-new with mistakes", async ({ page, complaints }) => {
  complaints.announceRefusal(422, "/api/create_webhook");
  const dialog = await openWebhookForm(page);
  await dialog.getByLabel("Webhook URL").fill("ftp://example.com");
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(dialog.getByLabel("Webhook URL")).toBeFocused();
  await inspect(page, "webhook-new");
});

test("what is not there", async ({ page, complaints }) => {
  complaints.announceRefusal(404, "/");
  const nothing = "01HF7YAT000000000000000007";
  await visit(page, "/nowhere");
  await inspect(page, "nowhere");
  await visit(page, `/events/evt_${nothing}`);
  await inspect(page, "event-missing");
  await visit(page, `/webhooks/des_${nothing}`);
  await inspect(page, "webhook-missing");
  await visit(page, `/event-types/ety_${nothing}`);
  await inspect(page, "event-type-missing");
  for (const noun of ["requests/req", "webhooks/des", "event-types/ety", "issues/iss", "bulk/bch", "connections/con", "sources/src"]) {
    const answer = await page.request.get(`/${noun}_${nothing}`);
    expect(answer.status(), noun).toBe(404);
    expect(await answer.text(), noun).toContain("There is no");
  }
});

test.describe("signed out, and live", () => {
  test.use({ storageState: SIGNED_OUT });

  test("signing in, and live mode", async ({ page, complaints }) => {
    complaints.announceRefusal(401, "/api/sign_in");
    await visit(page, "/sign-in");
    await fillSignIn(page, "not the password");
    await expect(page.getByRole("alert")).toContainText("not right");
    await inspect(page, "sign-in");

    await fillSignIn(page);
    await expect(page).toHaveURL(/\/overview$/);
    await visit(page, "/developer");
    await page.getByRole("button", { name: "Live", exact: true }).click();
    await expect(page.getByRole("button", { name: "Live", exact: true })).toHaveAttribute("aria-pressed", "true");
    await inspect(page, "live-developer");
    for (const list of ["requests", "events"]) {
      await visit(page, `/${list}`);
      await expect(page.getByTestId("empty")).toBeVisible();
      await inspect(page, `live-${list}`);
    }

    // A webhook, which has no simulator.
    const dialog = await openWebhookForm(page);
    await dialog.getByLabel("Webhook URL").fill("https://example.com/hooks/live");
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await expect(page.getByText("They appear here as soon as events are published.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Simulate Webhook" })).toHaveCount(0);
    await inspect(page, "live-webhook");
  });
});

async function createCredentials(page: Page) {
  await page.getByRole("button", { name: "Create Credentials" }).click();
  await expect(page.getByTestId("new-key-pair")).toBeVisible();
}

async function reveal(page: Page) {
  await page.getByRole("button", { name: "Reveal" }).click();
  await expect(page.getByTestId("signing-secret")).not.toContainText("•");
}

async function openSimulator(page: Page) {
  const panel = await openPanel(page);
  await expect(panel.getByRole("group", { name: "signed text" })).toContainText("api_mode");
}

async function mistype(page: Page) {
  await openSimulator(page);
  await page.getByLabel("Payload JSON").fill('{\n  "data": {"a": 1,}\n}');
  await expect(page.getByLabel("Payload JSON")).toHaveAttribute("aria-invalid", "true");
}

async function showType(page: Page) {
  await press(/^Edit http/)(page);
  await page.getByRole("dialog").locator(".known-type summary").first().click();
}

async function openSnippet(page: Page) {
  await page.getByRole("tab", { name: "Python", exact: true }).click();
  await expect(page.getByTestId("snippet")).toContainText("hmac.compare_digest");
}

async function planImport(page: Page) {
  const webhooks = {
    "billing.payment.received": { post: { summary: "Payment Received", description: "Money came.", ...bodyOf({ type: "object" }) } },
    "billing.refund.made": { post: { summary: "Refund Made", ...bodyOf({ type: "object", properties: { amount: { type: "integer" } } }) } },
    "no name": { post: {} },
  };
  await page.getByLabel("Or its text").fill(JSON.stringify({ openapi: "3.1.0", webhooks }, null, 2));
  await page.getByRole("button", { name: "Show what would change" }).click();
  const plan = page.getByTestId("plan").locator("> li");
  await expect(plan).toHaveCount(3);
  await plan.filter({ hasText: "billing.payment.received" }).locator("summary").click();
}

const bodyOf = (schema: object) => ({ requestBody: { content: { "application/json": { schema } } } });

async function mistypeSchema(page: Page) {
  await page.getByRole("button", { name: "Add a schema" }).click();
  await page.getByRole("button", { name: "Add an example" }).click();
  await page.getByLabel("JSON Schema of its data").fill('{\n  "type": \n}');
  await expect(page.getByLabel("JSON Schema of its data")).toHaveAttribute("aria-invalid", "true");
}

async function editSource(page: Page) {
  await page.getByRole("link", { name: "Edit" }).click();
  await expect(page.getByTestId("rule")).toHaveCount(2);
}

async function openIssue(page: Page) {
  await page.getByTestId("issue").filter({ hasText: /ledger/ }).getByRole("link").first().click();
  await expect(page.getByTestId("issue-summary")).toBeVisible();
}

async function searchProvider(page: Page) {
  await page.getByLabel("Search").fill("git");
  await expect(page.getByTestId("types").getByRole("link", { name: /Stripe/ })).toHaveCount(0);
}

async function addRules(page: Page) {
  await page.getByLabel("Answer senders in our own words").check();
  await press("Add a rule")(page);
  await press("Add a rule")(page);
  await page.getByTestId("rule").last().getByLabel("Content type").fill("text/html");
}

async function chooseHmac(page: Page) {
  await page.getByLabel("What proves the sender").selectOption({ label: "An HMAC signature" });
}

async function mistypeSource(page: Page) {
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
}

async function verify(page: Page) {
  await press(/^(Verify now|Run again)$/)(page);
  await expect(page.getByTestId("verify-status")).toContainText("Everything adds up");
}

/** Nothing that Hookyard does leads here: the findings are put into what the page reads. */
async function findSomething(page: Page) {
  const id = "01HF7YAT000000000000000007";
  const discrepancies = [
    { rule: "event_queued", subject: `evt_${id}`, detail: "the event waits since 2026-03-02T09:30:00Z and is not in the queue" },
    { rule: "request_events", subject: `req_${id}`, detail: "the request made 3 events, and 2 of them are there" },
    { rule: "attempt_event", subject: `att_${id}`, detail: "the attempt is of an event that is not there" },
    { rule: "bulk_counts", subject: `bch_${id}`, detail: "the operation counts 40 that are done, and 39 of its items are" },
  ];
  type Found = { rules: { rule: string; amiss: number }[] };
  await page.route(/\/api\/verification\b/, async (route) => {
    const response = await route.fetch();
    const found = (await response.json()) as Found;
    const amiss = (rule: string) => discrepancies.filter((one) => one.rule === rule).length * 301;
    const rules = found.rules.map((one) => ({ ...one, amiss: amiss(one.rule) }));
    await route.fulfill({ response, json: { ...found, rules, discrepancies, discrepancy_count: 1204 } });
  });
  await press("Run again")(page);
  await expect(page.getByTestId("verify-status")).toContainText("Does not add up");
  await expect(page.getByTestId("discrepancy")).toHaveCount(discrepancies.length);
}

async function openConnectionForm(page: Page) {
  await page.getByRole("button", { name: "Create Connection" }).click();
  await expect(page.getByLabel("From source")).toBeVisible();
}

async function chooseOAuth(page: Page): Promise<void> {
  await page.getByLabel("Also send").selectOption({ label: "An OAuth 2 access token (client credentials)" });
  await page.getByRole("button", { name: "Add header" }).click();
}

async function mistypeDestination(page: Page): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill("orders");
  await page.getByLabel("Timeout in milliseconds").fill("soon");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByLabel("Timeout in milliseconds")).toBeFocused();
}
