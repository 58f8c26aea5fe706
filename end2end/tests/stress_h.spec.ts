import { expect, test } from "./support/test";
import { visit } from "./support/visit";
test("stress", async ({ page, api }) => {
  test.setTimeout(180_000);
  type Made = { id: string };
  const make = (noun: string, input: object) => api.call<Made>("POST", `/v1/${noun}`, input);
  const sources: Made[] = [], destinations: Made[] = [];
  for (let at = 0; at < 20; at++) sources.push(await make("sources", { name: `stress-in-${String(at).padStart(2, "0")}` }));
  for (let at = 0; at < 40; at++) destinations.push(await make("destinations", { name: `stress-out-${String(at).padStart(2, "0")}`, type: "MOCK" }));
  for (let at = 0; at < 200; at++) await make("connections", { name: `stress-${at}`, source_id: sources[(at * 7) % 20].id, destination_id: destinations[(at * 11 + Math.floor(at / 20)) % 40].id });
  for (const query of ["", "?fold=none", "?fold=none&by=destination", "?view=table"]) {
    for (let again = 0; again < 3; again++) {
      const begun = Date.now();
      const answer = await page.request.get(`/connections${query}`);
      const size = (await answer.body()).length;
      const server = Date.now() - begun;
      const start = Date.now();
      await visit(page, `/connections${query}`);
      console.log(`STRESS ${query || "folded"}: server ${server} ms, ${(size / 1024).toFixed(0)} KiB, hydrated after ${Date.now() - start} ms`);
    }
    if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/stress${query.replace(/\W/g, "-")}.png`, fullPage: true });
  }
  await visit(page, "/connections?fold=none");
  const hover = await page.evaluate(async () => {
    const row = document.querySelectorAll(".route-row")[50]; const t = performance.now();
    row.dispatchEvent(new MouseEvent("mouseenter")); await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));
    return performance.now() - t;
  });
  console.log(`STRESS hover ${hover.toFixed(0)} ms, lit ${await page.locator(".lit").count()}`);
  expect(await page.getByTestId("connection").count()).toBeGreaterThanOrEqual(200);
});
