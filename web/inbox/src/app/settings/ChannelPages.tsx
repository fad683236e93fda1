// The channels: all of them, one, a new one, and the way back from a provider's
// sign-in, by the rest of the address.

import type { ReactNode } from "react";
import { ChannelAccount, NewAccount } from "../ChannelAccount";
import { Channels } from "../Channels";
import { SignInBack } from "../SignIn";
import type { PageProps } from "./pages";

export default function ChannelPages({ me, rest: [first, second] }: PageProps): ReactNode {
  if (first === "new" && second !== undefined) return <NewAccount key={second} me={me} channel={second} />;
  if (first === "sign-in" && new URLSearchParams(location.search).has("state")) return <SignInBack />;
  return first === undefined ? <Channels me={me} /> : <ChannelAccount key={first} me={me} id={first} />;
}
