// `node crates/cowl-web/tests/node.mjs [cowl.wasm]`: the vectors in Node.
// `… --seal` seals one report with the machine's own randomness and prints it, for others to open.
import { readFileSync } from 'node:fs';

import { load } from '../../cowl-console/assets/page/cowl.js';
import { run } from './vectors.mjs';

const at = (path) => new URL(path, import.meta.url);
const json = (path) => JSON.parse(readFileSync(at(path)));
const arguments_ = process.argv.slice(2);
const named = arguments_.find((argument) => !argument.startsWith('--'));
const wasm = readFileSync(named ?? at('../../cowl-console/assets/page/cowl.wasm'));
const files = {
  manifest: json('../../../spec/vectors/manifest.json'),
  beacon: json('../../../spec/vectors/beacon.json'),
  dispatch: json('../../../spec/vectors/dispatch.json'),
  page: json('page.json'),
};

if (arguments_.includes('--seal')) {
  const hex = (bytes) => Buffer.from(bytes).toString('hex');
  const bytes = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
  const cowl = await load(wasm);
  const sealed = files.page.cases.map((one) => {
    const manifest = bytes(files.manifest.cases[one.manifest].manifest);
    const beacon = bytes(files.beacon.cases[0].beacon);
    const op = cowl.operation(manifest, files.manifest.fingerprint, beacon, one.now);
    const report = one.reports[0];
    const { payload, awaiting } = op.seal(report.input, bytes(report.code));
    return { payload: hex(payload), awaiting: hex(awaiting) };
  });
  process.stdout.write(JSON.stringify(sealed));
} else {
  const passed = await run(load, wasm, files);
  process.stdout.write(`${passed.length} passed in Node ${process.version}\n`);
}
