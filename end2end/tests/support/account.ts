// The account that the first run makes, and that all other tests sign in with.
import { expect, type Page } from "@playwright/test";
import { visit } from "./visit";

export const OWNER = { team: "Acme Health", email: "ada@example.com", password: "correct horse battery" };

/** The cookies of the signed-in owner. */
export const SESSION = "test-results/owner.json";

/** No cookies at all. */
export const SIGNED_OUT = { cookies: [], origins: [] };

/** Fills the sign-in form that is shown. */
export async function fillSignIn(page: Page, password = OWNER.password): Promise<void> {
  await page.getByLabel("E-mail").fill(OWNER.email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** A session of the test's own, for tests that change or end it. */
export async function signIn(page: Page): Promise<void> {
  await visit(page, "/sign-in");
  await fillSignIn(page);
  await expect(page).toHaveURL(/\/overview$/);
  await visit(page, "/developer");
}
