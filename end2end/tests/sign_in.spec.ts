// Signing in and out, and getting where one wanted to go.
import { OWNER, SIGNED_OUT, fillSignIn, signIn } from "./support/account";
import { expect, test } from "./support/test";
import { visit } from "./support/visit";

// Sessions of their own: what is ended here must not be the one that all other tests share.
test.use({ storageState: SIGNED_OUT });

test("a page that was asked for is shown after signing in", async ({ page }) => {
  await visit(page, "/events?status=FAILED");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await fillSignIn(page);
  await expect(page).toHaveURL(/\/events\?status=FAILED$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Events");
});

test("a wrong password is refused in words, and the address stays", async ({ page, complaints }) => {
  complaints.announceRefusal(401, "/api/sign_in");
  await visit(page, "/sign-in");
  await fillSignIn(page, "not the password");
  await expect(page.getByRole("alert")).toHaveText(/The e-mail address or the password is not right\./);
  await expect(page.getByLabel("E-mail")).toHaveValue(OWNER.email);
  await expect(page.getByLabel("Password")).toHaveValue("");
  await fillSignIn(page);
  await expect(page).toHaveURL(/\/overview$/);
});

test("a link to the sign-in page leads nobody away", async ({ page, baseURL }) => {
  for (const next of ["https://evil.example/", "/\\evil.example"]) {
    await page.goto("about:blank");
    await page.context().clearCookies();
    await visit(page, `/sign-in?next=${encodeURIComponent(next)}`);
    await fillSignIn(page);
    await expect(page, next).toHaveURL(`${baseURL}/overview`);
  }
});

test("signing out ends the session", async ({ page, context }) => {
  await signIn(page);
  const before = await context.cookies();
  await page.getByRole("button", { name: "Account" }).click();
  await expect(page.getByText(OWNER.email)).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in$/);

  await context.addCookies(before);
  await visit(page, "/developer");
  await expect(page, "the old cookie is worth nothing").toHaveURL(/\/sign-in\?next=/);
});

test("a signed-in person does not see the sign-in form", async ({ page }) => {
  await signIn(page);
  await visit(page, "/sign-in");
  await expect(page).toHaveURL(/\/overview$/);
});
