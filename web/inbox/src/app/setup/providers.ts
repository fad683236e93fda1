// Where well-known providers take mail: by their own help pages.

type Security = "tls" | "starttls" | "none";

export interface Server {
  readonly host: string;
  readonly port: number;
  readonly security: Security;
}

export interface Provider {
  readonly id: string;
  readonly name: string;
  /** What stands behind the @ of its own addresses. */
  readonly domains: readonly string[];
  readonly imap: Server;
  readonly smtp: Server;
  readonly hint?: "app" | "oauth" | "bridge" | "enable";
  /** Under which name it writes Authentication-Results. */
  readonly authServId?: string;
}

const tls = (host: string, port: number): Server => ({ host, port, security: "tls" });
const start = (host: string, port = 587): Server => ({ host, port, security: "starttls" });

export const providers: readonly Provider[] = [
  { id: "gmail", name: "Gmail, Google Workspace", domains: ["gmail.com", "googlemail.com"], imap: tls("imap.gmail.com", 993), smtp: tls("smtp.gmail.com", 465), hint: "app", authServId: "mx.google.com" },
  { id: "microsoft", name: "Microsoft 365, Outlook.com", domains: ["outlook.com", "hotmail.com", "live.com", "msn.com"], imap: tls("outlook.office365.com", 993), smtp: start("smtp.office365.com"), hint: "oauth" },
  { id: "icloud", name: "iCloud", domains: ["icloud.com", "me.com", "mac.com"], imap: tls("imap.mail.me.com", 993), smtp: start("smtp.mail.me.com"), hint: "app" },
  { id: "yahoo", name: "Yahoo", domains: ["yahoo.com", "yahoo.de", "yahoo.co.uk", "ymail.com"], imap: tls("imap.mail.yahoo.com", 993), smtp: tls("smtp.mail.yahoo.com", 465), hint: "app" },
  { id: "fastmail", name: "Fastmail", domains: ["fastmail.com", "fastmail.fm"], imap: tls("imap.fastmail.com", 993), smtp: tls("smtp.fastmail.com", 465), hint: "app" },
  { id: "gmx", name: "GMX", domains: ["gmx.de", "gmx.net", "gmx.at", "gmx.ch"], imap: tls("imap.gmx.net", 993), smtp: start("mail.gmx.net"), hint: "enable" },
  { id: "webde", name: "WEB.DE", domains: ["web.de"], imap: tls("imap.web.de", 993), smtp: start("smtp.web.de"), hint: "enable" },
  { id: "ionos", name: "IONOS", domains: [], imap: tls("imap.ionos.com", 993), smtp: tls("smtp.ionos.com", 465) },
  { id: "mailbox", name: "mailbox.org", domains: ["mailbox.org"], imap: tls("imap.mailbox.org", 993), smtp: tls("smtp.mailbox.org", 465) },
  { id: "posteo", name: "Posteo", domains: ["posteo.de", "posteo.net"], imap: tls("posteo.de", 993), smtp: tls("posteo.de", 465) },
  { id: "zoho", name: "Zoho Mail", domains: ["zoho.com", "zohomail.com"], imap: tls("imap.zoho.com", 993), smtp: tls("smtp.zoho.com", 465), hint: "app" },
  { id: "strato", name: "STRATO", domains: [], imap: tls("imap.strato.de", 993), smtp: tls("smtp.strato.de", 465) },
  { id: "proton", name: "Proton Mail", domains: ["proton.me", "protonmail.com", "pm.me"], imap: { host: "127.0.0.1", port: 1143, security: "none" }, smtp: { host: "127.0.0.1", port: 1025, security: "none" }, hint: "bridge" },
];

/** The provider of an address, where its domain tells. */
export function providerOf(address: string): Provider | undefined {
  const domain = address.slice(address.lastIndexOf("@") + 1).toLowerCase();
  return providers.find((p) => p.domains.includes(domain));
}
