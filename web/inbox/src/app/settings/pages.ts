// Every page of the settings, in the order in which they are listed. A page is
// added by one entry here and a file that exports it.

import { Ban, Bell, Cable, Clock, Contact, Hash, Inbox, KeyRound, ListChecks, ListTree, MailX, MessageSquareText, Milestone, Phone, ScrollText, Smartphone, Tags, UserRound, Users, type LucideIcon } from "lucide-react";
import { type ComponentType, type LazyExoticComponent } from "react";
import type { Me } from "../../types";
import type { Language } from "../../words/language";
import { lazyPage } from "../../ui/later";

/** What a page is given. */
export interface PageProps {
  readonly me: Me;
  /** What follows the page's own address: /settings/channels/new/email gives ["new", "email"]. */
  readonly rest: readonly string[];
}

type Said = Readonly<Record<Language, string>>;

export const sections = {
  you: { en: "You", de: "Du" },
  workspace: { en: "Workspace", de: "Arbeitsbereich" },
  channels: { en: "Channels", de: "Kanäle" },
  customers: { en: "Customers and orders", de: "Kunden und Bestellungen" },
} satisfies Record<string, Said>;

export type Section = keyof typeof sections;

const ranks = { agent: 0, supervisor: 1, admin: 2 } as const;
export type Role = keyof typeof ranks;

export interface Page {
  /** The page's address below /settings, one segment. */
  readonly tab: string;
  readonly section: Section;
  readonly words: Said;
  readonly icon: LucideIcon;
  /** The least role that may see it. */
  readonly may: Role;
  readonly page: LazyExoticComponent<ComponentType<PageProps>>;
}

export const pages: readonly Page[] = [
  {
    tab: "me",
    section: "you",
    words: { en: "Your telephone", de: "Dein Telefon" },
    icon: Smartphone,
    may: "agent",
    page: lazyPage(() => import("./OwnTelephone")),
  },
  {
    tab: "notifications",
    section: "you",
    words: { en: "Notifications", de: "Benachrichtigungen" },
    icon: Bell,
    may: "agent",
    page: lazyPage(() => import("../NotificationSettings")),
  },
  {
    tab: "onward",
    section: "you",
    words: { en: "After a conversation", de: "Nach einem Gespräch" },
    icon: Milestone,
    may: "agent",
    page: lazyPage(() => import("./Onward")),
  },
  {
    tab: "password",
    section: "you",
    words: { en: "Password and devices", de: "Passwort und Geräte" },
    icon: KeyRound,
    may: "agent",
    page: lazyPage(() => import("./Password")),
  },
  {
    tab: "agents",
    section: "workspace",
    words: { en: "Agents", de: "Agenten" },
    icon: UserRound,
    may: "admin",
    page: lazyPage(() => import("./Agents")),
  },
  {
    tab: "teams",
    section: "workspace",
    words: { en: "Teams and rights", de: "Teams und Rechte" },
    icon: Users,
    may: "admin",
    page: lazyPage(() => import("./Teams")),
  },
  {
    tab: "setup",
    section: "workspace",
    words: { en: "Set up", de: "Einrichten" },
    icon: ListChecks,
    may: "admin",
    page: lazyPage(() => import("./FirstSteps")),
  },
  {
    tab: "inboxes",
    section: "workspace",
    words: { en: "Inboxes and brands", de: "Posteingänge und Marken" },
    icon: Inbox,
    may: "admin",
    page: lazyPage(() => import("./Inboxes")),
  },
  {
    tab: "hours",
    section: "workspace",
    words: { en: "Opening hours", de: "Öffnungszeiten" },
    icon: Clock,
    may: "admin",
    page: lazyPage(() => import("./Hours")),
  },
  {
    tab: "replies",
    section: "workspace",
    words: { en: "Saved replies", de: "Textbausteine" },
    icon: MessageSquareText,
    may: "agent",
    page: lazyPage(() => import("../SavedReplies")),
  },
  {
    tab: "tags",
    section: "workspace",
    words: { en: "Tags", de: "Tags" },
    icon: Tags,
    may: "supervisor",
    page: lazyPage(() => import("./Tags")),
  },
  {
    tab: "fields",
    section: "workspace",
    words: { en: "Contact reasons and fields", de: "Kontaktgründe und Felder" },
    icon: ListTree,
    may: "admin",
    page: lazyPage(() => import("./Fields")),
  },
  {
    tab: "audit",
    section: "workspace",
    words: { en: "Audit log", de: "Protokoll" },
    icon: ScrollText,
    may: "admin",
    page: lazyPage(() => import("./Audit")),
  },
  {
    tab: "channels",
    section: "channels",
    words: { en: "Channels", de: "Kanäle" },
    icon: Cable,
    may: "admin",
    page: lazyPage(() => import("./ChannelPages")),
  },
  {
    tab: "dead",
    section: "channels",
    words: { en: "Not handled", de: "Nicht verarbeitet" },
    icon: MailX,
    may: "supervisor",
    page: lazyPage(() => import("./DeadLetters")),
  },
  {
    tab: "telephones",
    section: "channels",
    words: { en: "Telephones", de: "Telefone" },
    icon: Phone,
    may: "admin",
    page: lazyPage(() => import("./Telephones")),
  },
  {
    tab: "values",
    section: "customers",
    words: { en: "Shared values", de: "Geteilte Werte" },
    icon: Contact,
    may: "supervisor",
    page: lazyPage(() => import("./Values")),
  },
  {
    tab: "senders",
    section: "customers",
    words: { en: "Blocked senders", de: "Gesperrte Absender" },
    icon: Ban,
    may: "supervisor",
    page: lazyPage(() => import("./Senders")),
  },
  {
    tab: "stores",
    section: "customers",
    words: { en: "Order numbers", de: "Bestellnummern" },
    icon: Hash,
    may: "supervisor",
    page: lazyPage(() => import("./Stores")),
  },
];

/** Whether an agent of the role may see what asks for at least `may`. A role that isn't known may what an agent may. */
export function allowed(may: Role, role: string): boolean {
  return ranks[may] <= (role === "admin" || role === "supervisor" ? ranks[role] : ranks.agent);
}
