// Transformations: written, tested, used by a connection, and their runs looked at.
import { randomUUID } from "node:crypto";
import { inspect } from "./support/inspect";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

type Made = { id: string; url: string };

const SCRIPT = `addHandler("transform", (request, context) => {
  console.log("renaming for", context.env.TENANT);
  const { customer_id, ...rest } = request.body;
  return { ...request, body: { ...rest, customerId: customer_id } };
});`;

test("a transformation is written, tested, used, and its run is shown", async ({ page, api, receiver, request, complaints }) => {
  complaints.announceRefusal(409, "/api/delete_transformation");
  const name = `rename-${randomUUID().slice(0, 8)}`;
  const source = await api.call<Made>("POST", "/v1/sources", { name });
  const destination = await api.call<Made>("POST", "/v1/destinations", { name, config: { url: receiver.url } });
  const connection = await api.call<Made>("POST", "/v1/connections", { name, source_id: source.id, destination_id: destination.id });
  await request.post(source.url, { data: { id: 1, customer_id: "c-1" } });
  await receiver.hasReceived(1);

  await visit(page, "/transformations/new");
  await page.getByLabel("Name", { exact: true }).first().fill(name);
  await page.getByLabel("Script").fill(SCRIPT);
  await page.getByRole("button", { name: "Add value" }).click();
  await page.getByRole("group", { name: "Environment" }).getByLabel("Name").fill("TENANT");
  await page.getByRole("group", { name: "Environment" }).getByLabel("Value").fill("acme-secret");
  const bench = page.getByTestId("bench");
  await bench.getByRole("button", { name: "Run" }).click();
  await expect(bench.getByTestId("run-result")).toContainText("/body/customerId");
  await expect(bench.getByRole("table", { name: "Changes" })).toContainText("c-1");
  // What was typed here and is not stored yet is no secret to who typed it.
  await expect(bench.getByTestId("run-result")).toContainText("renaming for acme-secret");

  // A script that throws says where.
  await page.getByLabel("Script").fill(SCRIPT.replace("const { customer_id", "nowhere();\n  const { customer_id"));
  await bench.getByRole("button", { name: "Run" }).click();
  await expect(bench.getByTestId("run-error")).toContainText("Line 3");
  await expect(page.getByTestId("code-mistake").first()).toContainText("Line 3");
  await page.getByLabel("Script").fill("addHandler(");
  await expect(page.getByTestId("code-mistake").first()).toContainText("Line");
  await page.getByLabel("Script").fill(SCRIPT);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page).toHaveURL(/transformations\/trs_/);
  const script = page.url();

  await visit(page, `/connections/${connection.id}`);
  await page.getByTestId("rule-transform").getByRole("switch").check();
  await page.getByLabel("Add a transformation").selectOption({ label: name });
  await page.getByRole("button", { name: "Try", exact: true }).click();
  await page.getByTestId("tried").first().locator("summary").click();
  await expect(page.getByTestId("tried").first().getByRole("table", { name: "Changes" })).toContainText("/body/customerId");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();

  await request.post(source.url, { data: { id: 2, customer_id: "c-2" } });
  expect(JSON.parse((await receiver.hasReceived(2)).body)).toEqual({ id: 2, customerId: "c-2" });
  await visit(page, new URL(script).pathname);
  await expect(page.getByRole("link", { name })).toBeVisible();
  await expect(page.getByTestId("run")).toHaveCount(1);
  await page.getByTestId("run").getByRole("link").first().click();
  await expect(page.getByTestId("run-open").getByRole("table", { name: "Changes" })).toContainText("c-2");
  await expect(page.getByTestId("run-open")).toContainText("renaming for");
  await expect(page.getByTestId("run-open"), "once it is stored, it is a secret").not.toContainText("acme-secret");
  await inspect(page, "transformation");

  // The environment is stored, and stays when the script is saved again.
  await page.getByLabel("Script").fill(SCRIPT.replace("renaming", "changing"));
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("alert").filter({ hasText: name })).toBeVisible();
  await visit(page, "/transformations");
  await expect(page.getByTestId("transformation").filter({ hasText: name })).toContainText("1 connection");
  await inspect(page, "transformations");
  await visit(page, "/transformations/new");
  await inspect(page, "transformation-new");
});

test("Tab indents a script, and after Escape it leaves", async ({ page }) => {
  await visit(page, "/transformations/new");
  const script = page.getByLabel("Script");
  await script.fill("");
  await script.pressSequentially("if (x) {");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("y();");
  await expect(script).toHaveValue("if (x) {\n    y();");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await expect(script).not.toBeFocused();
  await expect(script).toHaveValue("if (x) {\n    y();");
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("a transformation is made and changed, and what is refused stands there again", async ({ page, api }) => {
    const name = `plain-${randomUUID().slice(0, 8)}`;
    await page.goto("/transformations/new");
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Script").fill("addHandler(");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await expect(page).toHaveURL(/transformations\/new/);
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue(name);
    await expect(page.getByLabel("Script")).toHaveValue("addHandler(");
    await expect(page.getByTestId("code-mistake").first()).toBeVisible();

    await page.getByLabel("Script").fill(SCRIPT);
    await page.getByLabel("Name of a new value").fill("TENANT");
    await page.getByLabel("New value", { exact: true }).fill("acme-secret");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await expect(page).toHaveURL(/transformations\/trs_/);
    await expect(page.getByLabel("Script")).toHaveValue(SCRIPT);
    await page.getByLabel("Script").fill(SCRIPT.replace("renaming", "changing"));
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByLabel("Script")).toHaveValue(SCRIPT.replace("renaming", "changing"));
    type Stored = { code: string; env: Record<string, string> };
    const stored = await api.call<Stored>("GET", `/v1${new URL(page.url()).pathname}`);
    expect(stored.code).toContain("changing");
    expect(Object.keys(stored.env)).toEqual(["TENANT"]);
  });
});
