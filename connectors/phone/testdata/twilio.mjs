// Signs requests, and writes TwiML, with Twilio's own SDK: node twilio.mjs
// FOLDER, whose node_modules has it; orders come on the standard input.
import { createRequire } from "node:module";
import { join } from "node:path";

const twilio = createRequire(join(process.argv[2], "x.js"))("twilio");
let input = "";
for await (const chunk of process.stdin) input += chunk;
const orders = JSON.parse(input);

const signatures = orders.sign.map(({ token, url, form }) => twilio.getExpectedTwilioSignature(token, url, form));
const valid = orders.check.map(({ token, url, form, signature }) => twilio.validateRequest(token, signature, url, form));

const { here } = orders;
const status = { statusCallbackEvent: ["initiated", "ringing", "answered", "completed"], statusCallback: here };
const ring = new twilio.twiml.VoiceResponse();
ring.say({ language: "en-US" }, "Hi & <welcome>");
const dial = ring.dial({ action: here, timeout: 20, answerOnBridge: true, record: "record-from-answer-dual", recordingStatusCallback: here });
dial.client(status, "ann");
dial.number(status, "+436609999999");
dial.sip(status, "sip:kim@pbx.example");

const voicemail = new twilio.twiml.VoiceResponse();
voicemail.say({ language: "de-DE" }, "Speak.");
voicemail.record({ action: here, recordingStatusCallback: here, maxLength: 180, playBeep: true, transcribe: true, transcribeCallback: here });

const reject = new twilio.twiml.VoiceResponse();
reject.reject({ reason: "busy" });
const hangup = new twilio.twiml.VoiceResponse();
hangup.hangup();

const twiml = [ring, voicemail, reject, hangup].map(String);
process.stdout.write(JSON.stringify({ signatures, valid, twiml }));
