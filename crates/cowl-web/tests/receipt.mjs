// `node receipt.mjs MANIFEST < ask.json`: the receipt that the page would give, for a test of the command to compare.
// ask: {"fingerprint", "language", "notice", "asked", "chosen", "words", "now"}
import { readFileSync } from 'node:fs';

import { load } from '../../cowl-console/assets/page/cowl.js';

const ask = JSON.parse(readFileSync(0, 'utf8'));
const wasm = readFileSync(new URL('../../cowl-console/assets/page/cowl.wasm', import.meta.url));
const cowl = await load(wasm);
const op = cowl.operation(new Uint8Array(readFileSync(process.argv[2])), ask.fingerprint, null, ask.now);
const code = ask.words === null ? null : cowl.codeFromWords(ask.words);
process.stdout.write(op.receipt({ ...ask, code }));
