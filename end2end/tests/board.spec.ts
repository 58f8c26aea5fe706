// The board of connections: drawn, by keyboard, as a table, and without scripts.
import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import type { Api } from "./support/api";
import { inspect } from "./support/inspect";
import { expect, test } from "./support/test";
import { NARROW, WIDE, visit } from "./support/visit";

type Made = { id: string; url: string };
type Yard = { tag: string; sources: Made[]; destinations: Made[]; connections: Made[] };

/** Sources `TAG-in-A`, destinations `TAG-out-A`, and connections from each source to `each` destinations. */
async function yard(api: Api, sources: number, destinations: number, each: number): Promise<Yard> {
  const tag = `b${randomUUID().slice(0, 6)}`;
  const letter = (at: number) => String.fromCharCode(65 + (at % 26)) + (at >= 26 ? Math.floor(at / 26) : "");
  const make = (noun: string, input: object) => api.call<Made>("POST", `/v1/${noun}`, input);
  const many = (count: number, one: (at: number) => Promise<Made>) => Promise.all(Array.from({ length: count }, (_, at) => one(at)));
  const from = await many(sources, (at) => make("sources", { name: `${tag}-in-${letter(at)}` }));
  const to = await many(destinations, (at) => make("destinations", { name: `${tag}-out-${letter(at)}`, type: "MOCK" }));
  const connections = await many(sources * each, (at) => {
    const source = at % sources;
    const destination = (source * 3 + Math.floor(at / sources)) % destinations;
    const input = { name: `${tag}-${letter(source)}-${at}`, source_id: from[source].id, destination_id: to[destination].id };
    return make("connections", input);
  });
  return { tag, sources: from, destinations: to, connections };
}

const row = (page: Page, name: string) => page.getByTestId("connection").filter({ has: page.getByRole("heading", { name }) });
const focused = (page: Page) => page.locator(":focus");

test("thirty connections are followed by keyboard", async ({ page, api }) => {
  const { tag } = await yard(api, 6, 10, 6);
  await visit(page, `/connections?q=${tag}&fold=none`);
  await expect(page.getByTestId("connection")).toHaveCount(36);
  await expect(page.getByRole("status").filter({ hasText: /^36 (of|connections)/ })).toBeVisible();

  await page.getByTestId("source").filter({ hasText: `${tag}-in-A` }).getByRole("heading").getByRole("link").focus();
  await page.keyboard.press("ArrowDown");
  await expect(focused(page)).toHaveText(`${tag}-in-B`);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowRight");
  await expect(focused(page)).toHaveAttribute("data-cell", "route");
  await expect(focused(page)).toHaveText(new RegExp(`^${tag}-A-`));
  const way = await focused(page).evaluate((link) => (link as HTMLElement).dataset.destination);
  await page.keyboard.press("ArrowRight");
  await expect(focused(page)).toHaveAttribute("data-id", way!);
  // Its way is lit, and the rest is dim.
  await expect(page.locator(".board.has-lit")).toHaveCount(1);
  expect(await page.locator(".wires.to .wire.lit").count()).toBeGreaterThan(0);
  await page.keyboard.press("ArrowLeft");
  await expect(focused(page)).toHaveAttribute("data-destination", way!);
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await expect(focused(page)).toHaveText(`${tag}-in-F`);
  await page.keyboard.press("Home");
  await expect(focused(page)).toHaveText(`${tag}-in-A`);

  // A row says in words what is drawn.
  await expect(page.getByTestId("connection").first()).toContainText(`from ${tag}-in-A`);
  await expect(page.getByTestId("connection").first()).toContainText("/min");
});

test("lines end where rows and cards are", async ({ page, api }) => {
  const { tag } = await yard(api, 3, 4, 3);
  for (const by of ["", "&by=destination"]) {
    await visit(page, `/connections?q=${tag}&fold=none${by}`);
    const apart = await page.evaluate(() => {
      const middle = (element: Element) => {
        const { top, height } = element.getBoundingClientRect();
        return top + height / 2;
      };
      const rows = [...document.querySelectorAll(".route-row")].map(middle).sort((a, b) => a - b);
      const box = document.querySelector(".wires.from")!.getBoundingClientRect();
      const end = document.querySelector(".board.by-destination") ? "left" : "right";
      const wires = [...document.querySelectorAll(end === "right" ? ".wires.from .wire" : ".wires.to .wire")].map((wire) => {
        const numbers = wire.getAttribute("d")!.match(/[\d.]+/g)!.map(Number);
        return box.top + (end === "right" ? numbers.at(-1)! : numbers[1]);
      });
      wires.sort((a, b) => a - b);
      return { rows: rows.length, wires: wires.length, apart: Math.max(...rows.map((y, at) => Math.abs(y - wires[at]))) };
    });
    expect(apart.rows).toBe(9);
    expect(apart.wires).toBe(9);
    expect(apart.apart).toBeLessThan(1.5);
  }
});

test("a connection is made, paused, disabled and deleted on the board", async ({ page, api, request }) => {
  const { tag, sources } = await yard(api, 2, 2, 0);
  await visit(page, `/connections`);
  await page.getByRole("link", { name: `Connect ${tag}-in-A` }).click();
  const dialog = page.getByRole("dialog", { name: "New connection" });
  await expect(dialog.getByLabel("From source")).toHaveValue(sources[0].id);
  await dialog.getByLabel("Name").fill(`${tag}-new`);
  await dialog.getByLabel("To destination").selectOption({ label: `${tag}-out-B` });
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(dialog).toBeHidden();
  const made = row(page, `${tag}-new`);
  await expect(made).toContainText(`from ${tag}-in-A`);
  await expect(made).toContainText(`${tag}-out-B`);

  await made.getByRole("button", { name: `Pause ${tag}-new` }).click();
  await expect(made).toContainText("Paused");
  await expect(page.locator(".wires.to .wire.paused")).not.toHaveCount(0);
  expect((await request.post(sources[0].url, { data: "held" })).status()).toBe(200);
  await expect(made).toContainText("1 waiting", { timeout: 15_000 });
  await made.getByRole("button", { name: `Delete ${tag}-new` }).click();
  const question = page.getByRole("dialog", { name: `Delete ${tag}-new?` });
  await expect(question).toContainText("1 event of it that still waits is cancelled");
  await page.keyboard.press("Escape");
  await expect(question).toBeHidden();

  // Nothing new comes by it then, and what it held is let go.
  await made.getByRole("button", { name: `Disable ${tag}-new` }).click();
  await expect(made).toContainText("Disabled");
  await expect(made).not.toContainText("waiting", { timeout: 15_000 });
  await made.getByRole("button", { name: `Delete ${tag}-new` }).click();
  await expect(question).toContainText("No event of it waits");
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(made).toHaveCount(0);
});

test("a source is dragged onto a destination", async ({ page, api }) => {
  const { tag, sources, destinations } = await yard(api, 1, 2, 1);
  await visit(page, `/connections?q=${tag}`);
  await page.getByTestId("source").filter({ hasText: `${tag}-in-A` }).dragTo(page.getByTestId("destination").filter({ hasText: `${tag}-out-A` }));
  const dialog = page.getByRole("dialog", { name: "New connection" });
  await expect(dialog.getByLabel("From source")).toHaveValue(sources[0].id);
  await expect(dialog.getByLabel("To destination")).toHaveValue(destinations[0].id);
});

test("groups fold, the board becomes a table, and the URL says so", async ({ page, api }) => {
  const { tag } = await yard(api, 2, 5, 5);
  await visit(page, `/connections?q=${tag}`);
  await page.getByRole("link", { name: `Fold ${tag}-in-A` }).click();
  await expect(page.getByTestId("folded")).toContainText("5 connections");
  await expect(page.getByTestId("connection")).toHaveCount(5);
  await page.reload();
  await page.locator("body[data-hydrated=true]").waitFor();
  await expect(page.getByTestId("folded")).toHaveCount(1);
  await page.getByTestId("folded").getByRole("link").click();
  await expect(page.getByTestId("connection")).toHaveCount(10);
  await page.getByRole("navigation", { name: "View" }).getByRole("link", { name: "Table" }).click();
  await expect(page.getByRole("table", { name: "Connections" }).getByTestId("connection")).toHaveCount(10);
  await expect(page).toHaveURL(/view=table/);
  await page.getByLabel("State").selectOption({ label: "Paused" });
  await expect(page.getByText("No connection fits")).toBeVisible();
});

test("small groups fold too where they alone are many rows", async ({ page, api }) => {
  const { tag } = await yard(api, 21, 3, 2);
  await visit(page, `/connections`);
  const mine = page.getByTestId("folded").filter({ hasText: "2 connections" });
  await expect.poll(() => mine.count()).toBeGreaterThanOrEqual(21);
  await visit(page, `/connections?q=${tag}`);
  await expect(page.getByTestId("connection")).toHaveCount(42);
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the board and the table are there, and a connection is made", async ({ page, api }) => {
    const { tag, sources, destinations } = await yard(api, 2, 3, 2);
    await page.goto(`/connections?q=${tag}`);
    await expect(page.getByTestId("connection")).toHaveCount(4);
    await expect(page.locator(".wires.from .wire")).toHaveCount(4);
    await page.getByRole("link", { name: "Table" }).click();
    await expect(page.getByRole("table", { name: "Connections" })).toBeVisible();
    await page.goto(`/connections/new?source_id=${sources[1].id}`);
    await expect(page.getByLabel("From source")).toHaveValue(sources[1].id);
    await page.getByLabel("Name").fill(`${tag}-plain`);
    await page.getByLabel("To destination").selectOption(destinations[2].id);
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await expect(page.getByRole("heading", { name: `${tag}-plain` })).toBeVisible();
    // What is refused stands there again, with why.
    await page.getByText("The saved rules as JSON").click();
    await page.locator("#rules-json").fill('[{"type":"delay","delay":-7}]');
    await page.getByRole("button", { name: "Save this JSON" }).click();
    await expect(page.locator("#rules-json")).toHaveValue('[{"type":"delay","delay":-7}]');
    await expect(page.locator(".as-json").getByRole("alert")).not.toBeEmpty();
    await page.locator("#rules-json").fill('[{"type":"delay","delay":1000}]');
    await page.getByRole("button", { name: "Save this JSON" }).click();
    await expect(page.getByTestId("rule-delay").getByRole("textbox", { name: "Delay" })).toHaveValue("1");
  });
});

test("the board is looked at", async ({ page, api }) => {
  const { tag, connections } = await yard(api, 5, 6, 3);
  await api.call("POST", `/v1/connections/${connections[1].id}/pause`);
  await api.call("POST", `/v1/connections/${connections[2].id}/disable`);
  for (const [name, view] of [["board", ""], ["board-by-destination", "&by=destination"], ["board-folded", "&fold=all"], ["board-table", "&view=table"]]) {
    await visit(page, `/connections?q=${tag}${view}`);
    await inspect(page, name);
  }
  await page.setViewportSize(NARROW);
  await visit(page, `/connections?q=${tag}`);
  await expect(page.getByTestId("connection").first()).toContainText("→");
  await page.setViewportSize(WIDE);
});
