// How the browser tests run. `cargo xtask test` starts the server and says where it and the browser are; by hand:
// BASE_URL=http://127.0.0.1:8080 CHROMIUM=/usr/bin/chromium npx playwright test
// With SCREENSHOTS=/some/folder the tests that look at every page leave pictures there.
import { defineConfig } from "@playwright/test";
import { SESSION } from "./tests/support/account";

const FIRST_RUN = "first_run.spec.ts";
const PAGES = "pages.spec.ts";

export default defineConfig({
  testDir: "./tests",
  // One server with one first run: the tests follow one another.
  workers: 1,
  // A debug build's page takes a second or two to come alive, on a busy machine more; some tests go through six of them.
  timeout: 60_000,
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"]],
  expect: { timeout: 10_000 },
  projects: [
    { name: "first run", testMatch: FIRST_RUN },
    // Before the others, while there is nothing to see but what it makes.
    { name: "pages", testMatch: PAGES, dependencies: ["first run"], use: { storageState: SESSION } },
    { name: "dashboard", testIgnore: [FIRST_RUN, PAGES], dependencies: ["first run"], use: { storageState: SESSION } },
  ],
  use: {
    baseURL: process.env.BASE_URL ?? "http://127.0.0.1:8080",
    // Costs each test a part of its time; `--trace retain-on-failure` asks for it.
    trace: "off",
    launchOptions: {
      // Undefined where Playwright brought its own.
      executablePath: process.env.CHROMIUM,
      args: [
        // As root, as in a container, Chromium's sandbox refuses to start.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // A debug build of the dashboard is 16 MB of WebAssembly: only what is used is compiled.
        "--js-flags=--wasm-lazy-compilation",
      ],
    },
  },
});
