// Serves an emulator of Telegram: node telegram.mjs FOLDER HOST:PORT, where the
// folder's node_modules has it.
import { createRequire } from "node:module";
import { join } from "node:path";

const TelegramServer = createRequire(join(process.argv[2], "x.js"))("telegram-test-api");
const [host, port] = process.argv[3].split(":");
await new TelegramServer({ host, port: Number(port) }).start();
