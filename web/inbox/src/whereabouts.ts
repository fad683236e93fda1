// Where this agent is, as this tab says it: which conversation is in view, what is
// being typed, whether anybody is at the desk. It is told when it changes, and
// again while somebody types: the server believes typing for six seconds.

import type { Choice } from "./around";

/** All of it, of one tab. */
export interface Stand {
  readonly open: string;
  readonly typing: "reply" | "note" | "";
  readonly idle: boolean;
  readonly away: boolean;
  readonly chosen: number;
}

/** All of it, of all tabs that share a connection, as the server takes it. */
export interface WholeStand extends Stand {
  readonly also: readonly { readonly open: string; readonly typing: Stand["typing"] }[];
}

/** How often typing is said again, and how long after the last key it goes on. */
export const sayAgain = 3_000;
export const restAfter = 5_000;
/** How long nobody touches anything before the agent counts as idle. */
export const idleAfter = 5 * 60_000;

type Timer = ReturnType<typeof setTimeout>;

export class Whereabouts {
  private readonly say: (s: Stand) => void;
  private conversation = "";
  private visible = true;
  private typing: Stand["typing"] = "";
  private saidTyping = 0;
  private idle = false;
  private choice: Choice = { away: false, at: 0 };
  private told = "";
  private resting: Timer | undefined;
  private idling: Timer | undefined;

  constructor(say: (s: Stand) => void) {
    this.say = say;
  }

  get stand(): Stand {
    return {
      open: this.visible ? this.conversation : "",
      typing: this.visible && this.conversation !== "" ? this.typing : "",
      idle: this.idle,
      away: this.choice.away,
      chosen: this.choice.at,
    };
  }

  look(conversation: string): void {
    if (conversation === this.conversation) return;
    this.conversation = conversation;
    this.rest();
    this.tell();
  }

  show(visible: boolean): void {
    this.visible = visible;
    if (visible) this.touched();
    this.tell();
  }

  choose(c: Choice): void {
    this.choice = c;
    this.tell();
  }

  /** A key was pressed in the field for a reply or a note. */
  typed(what: "reply" | "note"): void {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), restAfter);
    const now = Date.now();
    if (this.typing === what && now - this.saidTyping < sayAgain) return;
    this.typing = what;
    this.saidTyping = now;
    this.told = "";
    this.tell();
  }

  /** Nothing is being typed any more. */
  rest(): void {
    clearTimeout(this.resting);
    if (this.typing === "") return;
    this.typing = "";
    this.tell();
  }

  /** Somebody is there. */
  touched(): void {
    clearTimeout(this.idling);
    this.idling = setTimeout(() => {
      this.idle = true;
      this.tell();
    }, idleAfter);
    if (!this.idle) return;
    this.idle = false;
    this.tell();
  }

  stop(): void {
    clearTimeout(this.idling);
    clearTimeout(this.resting);
    this.conversation = "";
    this.typing = "";
    this.idle = false;
    this.choice = { away: false, at: 0 };
    this.told = "";
  }

  private tell(): void {
    const s = this.stand;
    const text = JSON.stringify(s);
    if (text === this.told) return;
    this.told = text;
    this.say(s);
  }
}
