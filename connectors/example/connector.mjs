// A connector for Skein in another language: a text gateway that posts what
// comes in and takes what goes out. It needs Node 20 and nothing else.
//
//   SKEIN_NATS_URL, SKEIN_NATS_CREDS   the bus, and the file with our credential
//   SKEIN_CHANNEL_KEY                  opens the settings of our accounts
//   LISTEN                             host:port to take HTTP at (127.0.0.1:0)
//
// An account of the channel social has the settings {"token", "url"}: who posts
// {"id", "from", "name", "text", "at"} to /in/social/<account> shows the token,
// and answers are posted to the url. The schemas of all documents are in
// ../schema; what a credential may do is said in inbox/bus.
import { createDecipheriv, createHash, createPrivateKey, randomBytes, sign, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";

const channel = "social";
const { SKEIN_NATS_URL, SKEIN_NATS_CREDS, SKEIN_CHANNEL_KEY, LISTEN = "127.0.0.1:0" } = process.env;
const sha256 = (s) => createHash("sha256").update(s).digest("hex");
const pause = (ms) => new Promise((r) => setTimeout(r, ms));

// NATS: the text protocol of https://docs.nats.io/reference/reference-protocols/nats-protocol.
// A user signs the server's nonce with its seed, Ed25519 in base32. Every answer
// comes on a subject below our own prefix: no other is admitted.
const [, jwt, seed] = readFileSync(SKEIN_NATS_CREDS, "utf8").match(/USER JWT-+\s+(\S+)[^]*?NKEY SEED-+\s+(\S+)/);
const bits = [...seed].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
const raw = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2))).subarray(2, 34);
const key = createPrivateKey({ key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), raw]), format: "der", type: "pkcs8" });
const inbox = `_INBOX_${channel}.${randomBytes(8).toString("hex")}`, next = `${inbox}.next`; // what is to be sent keeps its own subject
const { hostname, port: natsPort } = new URL(SKEIN_NATS_URL);
const socket = connect(Number(natsPort), hostname), waiting = new Map();
let buffer = Buffer.alloc(0), asked = 0;
const connected = new Promise((done) => {
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (let end; (end = buffer.indexOf("\r\n")) >= 0; ) {
      const [op, ...args] = buffer.subarray(0, end).toString().split(" ");
      let rest = end + 2;
      if (op === "MSG" || op === "HMSG") {
        const size = Number(args.at(-1)), head = op === "HMSG" ? Number(args.at(-2)) : 0;
        if (buffer.length < rest + size + 2) return;
        const headers = buffer.subarray(rest, rest + head).toString(), data = buffer.subarray(rest + head, rest + size);
        waiting.get(args[1] === "2" ? next : args[0])?.({ status: headers.match(/^NATS\/1.0 (\d+)/)?.[1] ?? "", headers, data, reply: args[2] });
        rest += size + 2;
      } else if (op === "INFO" && JSON.parse(args.join(" ")).nonce) {
        const sig = sign(null, Buffer.from(JSON.parse(args.join(" ")).nonce), key).toString("base64url");
        socket.write(`CONNECT ${JSON.stringify({ jwt, sig, headers: true, no_responders: true, verbose: false, lang: "node", version: "1" })}\r\nSUB ${inbox}.r.* 1\r\nSUB ${next} 2\r\nPING\r\n`);
      } else if (op === "PONG") done();
      else if (op === "PING") socket.write("PONG\r\n");
      else if (op === "-ERR") console.error(args.join(" "));
      buffer = buffer.subarray(rest);
    }
  });
});
socket.on("error", (e) => console.error(e.message)).on("close", () => process.exit(1)); // whoever started us starts us again

function publish(subject, body, headers = {}, reply = "") {
  const data = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const head = Buffer.from("NATS/1.0\r\n" + Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`).join("") + "\r\n");
  socket.write(Buffer.concat([Buffer.from(`HPUB ${subject} ${reply} ${head.length} ${head.length + data.length}\r\n`), head, data, Buffer.from("\r\n")]));
}

function request(subject, body, headers, ms = 5000, reply = `${inbox}.r.${++asked}`) {
  publish(subject, body, headers, reply);
  return new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`no answer to ${subject}`)), ms);
    waiting.set(reply, (m) => (clearTimeout(timer), done(m)));
  }).finally(() => waiting.delete(reply));
}

// A stream answers when it has the message on disk: until then nobody is told
// that anything was taken.
async function store(subject, body, headers) {
  const m = await request(subject, body, headers);
  const { error } = m.status === "503" ? { error: { description: "no stream" } } : JSON.parse(m.data);
  if (error) throw new Error(error.description);
}

function emit(item) {
  const subject = `skein.in.live.${channel}.${item.account}.${sha256(item.key).slice(0, 20)}`;
  return store(subject, { channel, lane: "live", receivedAt: new Date(), ...item }, { "Nats-Msg-Id": `${channel}/${item.account}/${item.eventId}` });
}
const read = (bucket, name) => request(`$JS.API.DIRECT.GET.KV_${bucket}.$KV.${bucket}.${name}`, "");

// The accounts lie in one document, their settings sealed with AES-256-GCM for
// this channel and account alone.
let accounts = new Map();
async function loadAccounts() {
  const m = await read(`accounts_${channel}`, "all");
  const list = m.status === "404" ? [] : JSON.parse(m.data);
  accounts = new Map(list.map((a) => {
    const sealed = Buffer.from(a.sealed.bytes, "base64");
    const open = createDecipheriv("aes-256-gcm", Buffer.from(SKEIN_CHANNEL_KEY, "hex"), Buffer.from(a.sealed.nonce, "base64"));
    open.setAAD(Buffer.from(`${channel}/${a.id}`)).setAuthTag(sealed.subarray(-16));
    return [a.id, { ...a, settings: JSON.parse(open.update(sealed.subarray(0, -16)) + open.final()) }];
  }));
}

// In: 200 only when the stream has it, 503 to have it sent again.
async function take(req) {
  const account = accounts.get(req.url.split("/")[3]);
  if (!account) return 404;
  const sums = [req.headers.authorization ?? "", `Bearer ${account.settings.token}`].map((s) => Buffer.from(sha256(s)));
  if (!timingSafeEqual(...sums)) return 401;
  if (account.paused) return 503;
  let body = "";
  for await (const chunk of req) if ((body += chunk).length > 1 << 18) return 413;
  const m = await new Response(body).json().catch(() => null);
  if (![m?.id, m?.from, m?.text].every((v) => typeof v === "string")) return 400;
  const sender = { kind: "social", address: m.from, name: m.name ?? "", proof: 2 };
  const message = { threadKey: m.from, from: { address: m.from, name: m.name ?? "" }, text: m.text, visibleText: m.text };
  const providerAt = new Date(m.at ?? Date.now()).toISOString();
  return emit({ kind: "message", account: account.id, eventId: `message:${m.id}`, externalId: m.id, key: m.from, sender, providerAt, message }).then(() => 200, () => 503);
}

// Out: a claim before the attempt, so that one that was cut off is never made
// again: it is uncertain. Whatever became of it goes back as a receipt.
async function send(out) {
  const name = `${out.account}.${out.messageId}.${out.attempt}`, subject = `$KV.sends_${channel}.${name}`;
  const { settings, paused } = accounts.get(out.account) ?? {};
  if (!settings || paused) throw new Error(`${out.account} is not served`); // it comes again
  const before = await read(`sends_${channel}`, name);
  let result = { state: "uncertain", detail: "the connector stopped during this attempt" };
  if (before.status === "404") {
    await store(subject, { at: new Date() }, { "Nats-Expected-Last-Subject-Sequence": 0 });
    result = await fetch(settings.url, { method: "POST", body: JSON.stringify({ to: out.to[0]?.address, text: out.text }), signal: AbortSignal.timeout(10_000) }).then(
      (r) => (r.ok ? { state: "sent" } : { state: "failed", detail: `the gateway answered ${r.status}` }), (e) => ({ state: "uncertain", detail: e.message }));
    await store(subject, { at: new Date(), result });
  } else result = JSON.parse(before.data).result ?? result;
  const at = new Date().toISOString(), receipt = { messageId: out.messageId, attempt: out.attempt, at, ...result };
  await emit({ kind: "receipt", account: out.account, eventId: `receipt:${out.messageId}:${out.attempt}:${result.state}`, externalId: out.messageId, key: out.messageId, providerAt: at, receipt });
}

await connected;
await loadAccounts();
const server = createServer((req, res) => void take(req).catch(() => 500).then((status) => res.writeHead(status, status === 503 ? { "Retry-After": 5 } : {}).end()));
await new Promise((done) => server.listen(Number(LISTEN.split(":").at(-1)), LISTEN.split(":")[0], done));
const { address, port } = server.address(), instance = randomBytes(8).toString("hex");
const tell = (to = `${address}:${port}`) => store(`$KV.connector_status.${channel}.HTTP.${instance}`, { channel, instance, address: to, at: new Date() });
process.on("SIGTERM", () => void tell("").finally(() => server.close(() => process.exit(0))));
const report = ([account, a]) => store(`$KV.connector_status.${channel}.${account}`, { channel, account, state: a.paused ? "paused" : "running", at: new Date() });
setInterval(() => loadAccounts().then(() => Promise.all([tell(), ...[...accounts].map(report)])).catch((e) => console.error(e.message)), 5000);
await tell();
for (;;) {
  const m = await request(`$JS.API.CONSUMER.MSG.NEXT.OUTBOUND.out_${channel}`, { batch: 1, expires: 20e9 }, {}, 30_000, next).catch(() => ({ status: "408" }));
  if (m.status !== "") await pause(100); // there is none
  else if (/^Nats-Stream:/m.test(m.headers)) publish(m.reply, "+TERM"); // an answer that somebody else was given: not the server's
  else await send(JSON.parse(m.data)).then(() => publish(m.reply, "+ACK"), () => publish(m.reply, '-NAK {"delay": 5000000000}'));
}
