// The channels: all of them, one, and a new one, by the rest of the address.

import type { ReactNode } from "react";
import { ChannelAccount, NewAccount } from "../ChannelAccount";
import { Channels } from "../Channels";
import type { PageProps } from "./pages";

export default function ChannelPages({ me, rest: [first, second] }: PageProps): ReactNode {
  if (first === "new" && second !== undefined) return <NewAccount key={second} me={me} channel={second} />;
  return first === undefined ? <Channels me={me} /> : <ChannelAccount key={first} me={me} id={first} />;
}
