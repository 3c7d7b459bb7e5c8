// What every script has that drives Chromium for a test: what it finds, it prints, one JSON object a line; it waits for a line on its
// standard input where something has to happen elsewhere first.
//
//   node SCRIPT MODULES CHROMIUM SUBJECT SCENARIO [FOLDER]

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';

const [, , modules, chromium, subject, scenario, folder] = process.argv;
const require = createRequire(`${modules}/`);
const { chromium: browserType } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** However busy the machine. */
export const SOON = 120_000;
/** What the test is about: an address, or whatever else it says. */
export { subject };

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
export const told = async (what) => { say(what); await lines.next(); };

export const problems = [];
export const browser = await browserType.launch({ executablePath: chromium, args: ['--no-sandbox'] });

/** Whatever a page complains of is a problem, unless it is expected. */
export function watch(page, name, expected = /^$/) {
  page.setDefaultTimeout(SOON);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !expected.test(message.text())) problems.push(`${name()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`${name()}: ${error.message}`));
  page.on('dialog', (dialog) => { problems.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
}

/** A page that is wider than its window, ran what it should not, or that axe finds serious faults in, is a problem. */
export async function judged(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) problems.push(`${name}: ${wide} pixels too wide`);
  if (await page.evaluate(() => window.broken)) problems.push(`${name}: a script ran`);
  const found = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`);
  for (const { id, impact, nodes } of found.violations) {
    if (impact === 'serious' || impact === 'critical') problems.push(`${name}: axe ${id}: ${nodes.map(({ html }) => html.slice(0, 90)).join(' ')}`);
  }
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

export async function play(scenarios) {
  try {
    await scenarios[scenario]();
  } catch (error) {
    problems.push(`${error.stack}`);
  }
  say({ problems });
  await browser.close();
  process.exit(0);
}
