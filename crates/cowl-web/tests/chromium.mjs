// `node crates/cowl-web/tests/chromium.mjs [cowl.wasm]`: the vectors in headless Chromium, over plain http and under the page's
// own content security policy. COWL_NODE_MODULES has playwright-core; COWL_CHROMIUM is the browser (else Debian's).
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const at = (path) => new URL(path, import.meta.url);
const root = at('../../../');
const modules = process.env.COWL_NODE_MODULES ?? new URL('target/node/node_modules', root).pathname;
const { chromium } = createRequire(`${modules}/`)('playwright-core');
const wasm = process.argv[2] ?? at('../../cowl-console/assets/page/cowl.wasm');

const files = {
  '/cowl.js': ['text/javascript', at('../../cowl-console/assets/page/cowl.js')],
  '/vectors.mjs': ['text/javascript', at('vectors.mjs')],
  '/cowl.wasm': ['application/wasm', wasm],
  '/page.json': ['application/json', at('page.json')],
  '/manifest.json': ['application/json', new URL('spec/vectors/manifest.json', root)],
  '/beacon.json': ['application/json', new URL('spec/vectors/beacon.json', root)],
  '/dispatch.json': ['application/json', new URL('spec/vectors/dispatch.json', root)],
};
const PAGE = '<!doctype html><html lang="en"><title>vectors</title><p id="out"></p><script type="module" src="/run.mjs"></script></html>';
const RUN = `
import { load } from '/cowl.js';
import { run } from '/vectors.mjs';
const out = document.getElementById('out');
try {
  const names = ['manifest', 'beacon', 'dispatch', 'page'];
  const texts = await Promise.all(names.map(async (name) => [name, await (await fetch('/' + name + '.json')).json()]));
  const wasm = new Uint8Array(await (await fetch('/cowl.wasm')).arrayBuffer());
  const passed = await run(load, wasm, Object.fromEntries(texts));
  await load(fetch('/cowl.wasm'));
  out.textContent = passed.length + ' passed';
} catch (error) {
  out.textContent = 'failed: ' + (error.stack ?? error);
}
`;
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
  + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const server = createServer((request, response) => {
  const inline = { '/': ['text/html', PAGE], '/run.mjs': ['text/javascript', RUN] }[request.url];
  const file = files[request.url];
  const [type, body] = inline ?? (file ? [file[0], readFileSync(file[1])] : ['text/plain', null]);
  response.writeHead(body === null ? 404 : 200, { 'content-type': type, 'content-security-policy': POLICY });
  response.end(body ?? '');
});
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const browser = await chromium.launch({
  executablePath: process.env.COWL_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'], timeout: 180_000,
});
let said;
try {
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => document.getElementById('out').textContent !== '', null, { timeout: 180_000 });
  said = await page.textContent('#out');
  // A favicon that is not there is the only thing that it may ask for in vain.
  const other = complaints.filter((text) => !text.includes('404'));
  if (other.length > 0) said = `failed: ${other.join('; ')}`;
  if (/ passed$/.test(said)) said += ` in Chromium ${browser.version()}`;
} finally {
  await browser.close();
  server.close();
}
process.stdout.write(`${said}\n`);
process.exitCode = / passed in /.test(said) ? 0 : 1;
