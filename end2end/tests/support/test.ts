// Playwright's test with what ours have in common.
import { test as base } from "@playwright/test";
import { SESSION } from "./account";
import { Api } from "./api";
import { Complaints } from "./complaints";
import { createCredentials } from "./keys";
import { Receiver } from "./receiver";

export { expect } from "@playwright/test";

type PerTest = { complaints: Complaints; receiver: Receiver };
type PerWorker = { api: Api };

export const test = base.extend<PerTest, PerWorker>({
  complaints: [
    async ({ context, javaScriptEnabled }, use) => {
      const complaints = new Complaints(context);
      if (!javaScriptEnabled) {
        complaints.announce(/preloaded using link preload but not used/);
      }
      await use(complaints);
      base.expect(complaints.unannounced(), "the browser has nothing to complain about").toEqual([]);
    },
    { auto: true },
  ],

  receiver: async ({}, use) => {
    const receiver = await Receiver.start();
    await use(receiver);
    await receiver.stop();
  },

  /** The REST API in test mode, by a key pair that was made in the page. */
  api: [
    async ({ browser }, use, { project }) => {
      const baseURL = project.use.baseURL!;
      // Whatever the first test that asks for it has: this is a browser as most people have it.
      const context = await browser.newContext({ baseURL, storageState: SESSION, javaScriptEnabled: true });
      const keys = await createCredentials(await context.newPage());
      await context.close();
      await use(new Api(baseURL, keys.private));
    },
    { scope: "worker" },
  ],
});
