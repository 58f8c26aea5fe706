// What the browser complains about: script errors, console errors and warnings, broken hydration. Every test fails on
// one that it did not announce.
import type { BrowserContext } from "@playwright/test";

export class Complaints {
  readonly #heard: string[] = [];
  readonly #announced: RegExp[] = [];

  constructor(context: BrowserContext) {
    context.on("weberror", (error) => this.#heard.push(`uncaught: ${error.error().message}`));
    context.on("console", (message) => {
      if (["error", "warning", "assert"].includes(message.type())) {
        this.#heard.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
  }

  /** Chromium reports every answer of 400 and above as a console error; a test that provokes one says so. */
  announceRefusal(status: number, path: string): void {
    this.#announced.push(new RegExp(`status of ${status} .*${path.replaceAll("/", "\\/")}`));
  }

  announce(complaint: RegExp): void {
    this.#announced.push(complaint);
  }

  unannounced(): string[] {
    return this.#heard.filter((complaint) => !this.#announced.some((pattern) => pattern.test(complaint)));
  }
}
