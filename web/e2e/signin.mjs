// A mailbox that is signed in at its provider, in the page: what is asked for, the
// way there and back, by keyboard, and what is said when nobody consents. Each step
// is told on its own line.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in, an admin
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { look, open, run, signIn, tell } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;

await run(async () => {
  const page = await open(`${SKEIN_URL}/settings/channels/mail`);
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);

  const button = page.getByRole("button", { name: "Sign in with the provider" });
  await button.waitFor();
  await page.getByText("Sign in there as the mailbox").waitFor();
  await look(page, "signin-wanted");
  tell("wanted");

  await button.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/sign-in?code=*");
  await page.getByText("Signed in. Its mail comes within seconds.").waitFor();
  await page.getByRole("button", { name: "Sign in with the provider again" }).waitFor();
  await page.getByText(/^Signed in .*\d/u).waitFor();
  await look(page, "signin-done");
  if (new URL(page.url()).pathname !== "/settings/channels/mail" || new URL(page.url()).search !== "") throw new Error(`the address keeps ${page.url()}`);
  tell("returned");

  await page.goto(`${SKEIN_URL}/settings/channels/sign-in?error=access_denied&error_description=The+user+did+not+consent.&state=x`);
  await page.getByText("The mailbox is not signed in.").waitFor();
  await page.getByText("The user did not consent.").waitFor();
  await look(page, "signin-declined");
  await page.getByRole("link", { name: "To the channels" }).click();
  await page.waitForURL("**/settings/channels");
  tell("declined");

  // What comes back twice, or of another sign-in, is refused in words.
  await page.goto(`${SKEIN_URL}/settings/channels/sign-in?code=x&state=mail.AAAA`);
  await page.getByText("The mailbox is not signed in.").waitFor();
  await look(page, "signin-refused");
  tell("refused");
});
