import { plural } from "../figures";

export const login = {
  title: "Sign in to Skein",
  email: "Email",
  password: "Password",
  signIn: "Sign in",
  signingIn: "Signing in",
  forgot: "Forgot your password?",
  away: "The server can't be reached. Check the connection and try again.",
  tooMany: "Too many tries. Wait a minute and try again.",
  tooManyFor: (seconds: number): string =>
    seconds < 90
      ? plural(seconds, { one: "Too many tries. Wait # second and try again.", other: "Too many tries. Wait # seconds and try again." })
      : plural(Math.ceil(seconds / 60), { one: "Too many tries. Wait # minute and try again.", other: "Too many tries. Wait # minutes and try again." }),
  mismatch: "Address and password don't match. Check both and try again.",
  unable: "The server could not sign you in just now. Try again in a moment.",
  unreadable: "The server's answer could not be read. Reload the page and try again.",
};
