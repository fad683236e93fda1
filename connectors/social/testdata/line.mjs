// Checks signatures with LINE's own SDK: node line.mjs FOLDER, whose node_modules
// has it; a list of {body, secret, signature} comes on the standard input.
import { createRequire } from "node:module";
import { join } from "node:path";

const { validateSignature } = createRequire(join(process.argv[2], "x.js"))("@line/bot-sdk");
let input = "";
for await (const chunk of process.stdin) input += chunk;
console.log(JSON.stringify(JSON.parse(input).map(({ body, secret, signature }) => validateSignature(body, secret, signature))));
