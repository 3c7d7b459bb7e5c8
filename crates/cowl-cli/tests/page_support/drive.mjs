// Drives the page in Chromium, as a person would.
//
//   node drive.mjs MODULES CHROMIUM URL SCENARIO [FOLDER]

import { readFileSync } from 'node:fs';
import { SOON, browser, judged, play, problems, say, subject as url, told, watch } from './browser.mjs';

// Of the lists of strings that break pages: markup, scripts, templates, directions, control characters, and the very long.
const NAUGHTY = [
  '<script>window.broken=1</script>', '"><img src=x onerror=window.broken=2>', "javascript:window.broken=3//'", '{{constructor.constructor("window.broken=4")()}}',
  '${window.broken=5}', '</textarea><svg onload=window.broken=6>', '\u202e\u2066evil\u2069', '‮ اختبار', '😀👩‍👩‍👧', "Robert'); DROP TABLE--", '%s%n{0}',
  '\u0000\u0007', 'Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤', 'W'.repeat(480),
];

async function visit({ width = 360, scheme = 'light', lang = 'en', before, hash = '' } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 760 }, colorScheme: scheme, locale: lang });
  context.setDefaultTimeout(SOON);
  if (before) await context.addInitScript(before);
  const page = await context.newPage();
  // A network that is switched off is no fault of the page.
  watch(page, () => `${lang} ${width}`, /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_FAILED/);
  await page.goto(`${url}/?lang=${lang}${hash}`);
  await page.waitForSelector('main:not([aria-busy])');
  return { context, page };
}

const question = (page, at, answer) => page.locator('.question').nth(at).locator('.answer').nth(answer).click();
const send = (page) => page.locator('.decide').first().click();
const settled = (page, state) => page.waitForSelector(`.status.${state}`);
const words = (page) => page.locator('.words li').allTextContents().then((all) => all.join(' '));

const scenarios = {
  // One report, whole: what the page says would be read, its bytes, its receipt, its QR code; help; withdrawal.
  async report() {
    const { page } = await visit();
    const asked = [];
    page.on('request', (request) => asked.push(request.method() + new URL(request.url()).pathname));
    page.on('websocket', () => asked.push('WS'));
    await judged(page, 'empty-360-light');
    await question(page, 0, 1);
    await question(page, 2, 0);
    await page.locator('details.more summary').click();
    await page.getByLabel('Note', { exact: true }).fill('two children <b>here</b>');
    await page.getByLabel('Send this too: Phone number').check();
    await page.getByLabel('Phone number', { exact: true }).fill('+509 3411 0000');
    await page.getByLabel('Or type it').fill('18.5392, -72.3364');
    await page.getByLabel('Or type it').blur();
    await page.waitForFunction(() => document.querySelectorAll('.readers dd').length > 5);
    const readers = await page.locator('.readers li').allTextContents();
    await page.getByText('See it byte by byte').click();
    await page.waitForSelector('td code');
    const rows = await page.locator('tbody tr').count();
    await judged(page, 'filled-360-light');
    await told({ filled: true, asked, readers, rows, urgency: await page.locator('.marks input:checked').getAttribute('value') });
    await send(page);
    await settled(page, 'sent');
    const path = await page.locator('.qr .dark').getAttribute('d');
    const size = (await page.locator('.qr').getAttribute('viewBox')).split(' ')[3];
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Save the receipt').click()]);
    const receipt = readFileSync(await download.path(), 'utf8');
    await judged(page, 'receipt-360-light');
    const twelve = await words(page);
    await told({ sent: true, words: twelve, path, size: Number(size), receipt });
    await page.waitForSelector('.status.help');
    const help = await page.locator('.status.help').textContent();
    await page.locator('footer a').click();
    await page.fill('#words', twelve.toUpperCase());
    await page.getByText('Make the list').click();
    await judged(page, 'withdraw-360-light');
    say({ help, withdrawal: await page.locator('#handles').inputValue() });
    await page.fill('#words', 'not twelve words');
    await page.getByText('Make the list').click();
    await page.waitForSelector('.alarm');
  },

  // Without a network, after a reload, and with one again; then where the browser keeps nothing.
  async offline() {
    const { context, page } = await visit({ width: 1920, scheme: 'dark' });
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForFunction(() => navigator.serviceWorker.controller);
    await page.reload();
    await page.waitForSelector('form');
    await context.setOffline(true);
    await question(page, 0, 0);
    await judged(page, 'filled-1920-dark');
    await send(page);
    await settled(page, 'waiting');
    await page.reload();
    await page.waitForSelector('form');
    await page.waitForSelector('.note.waiting');
    const kept = await page.evaluate(() => new Promise((resolve, reject) => {
      const asked = indexedDB.open('cowl', 1);
      asked.onerror = () => reject(asked.error);
      asked.onsuccess = () => {
        const all = asked.result.transaction('waiting').objectStore('waiting').getAll();
        all.onsuccess = () => resolve(all.result.map((entry) => ({ ...entry, payload: entry.payload.length })));
      };
    }));
    await judged(page, 'waiting-1920-dark');
    await told({ kept });
    await context.setOffline(false);
    await page.waitForSelector('.note.sent');
    await context.close();
    const bare = await visit({ before: 'Object.defineProperty(window, "indexedDB", { get() { throw new Error("forbidden"); } });' });
    await question(bare.page, 0, 1);
    await send(bare.page);
    await settled(bare.page, 'sent');
    say({ bare: await bare.page.getByText('Go on looking').count() });
  },

  // Every field filled with what breaks pages; every language, wide and narrow; assisted; refused.
  async hostile() {
    for (const [at, text] of NAUGHTY.entries()) {
      const { context, page } = await visit({ width: at % 2 ? 1920 : 360 });
      await page.locator('details.more summary').click();
      for (const box of await page.locator('.off input[type=checkbox]').all()) await box.check();
      for (const input of await page.locator('form input[type=text]:visible, form input[type=tel]:visible').all()) await input.fill(text);
      await page.waitForTimeout(250);
      if (at < 3 || at > 11) await judged(page, `hostile-${at}`);
      else if (await page.evaluate(() => window.broken)) problems.push(`${at}: a script ran`);
      await context.close();
    }
    for (const [lang, width, scheme] of [['ar', 360, 'dark'], ['ar', 1920, 'light'], ['fr', 360, 'light'], ['es', 360, 'dark'], ['ht', 1920, 'light']]) {
      const { context, page } = await visit({ lang, width, scheme });
      const dir = await page.evaluate(() => document.documentElement.dir);
      if (dir !== (lang === 'ar' ? 'rtl' : 'ltr')) problems.push(`${lang}: ${dir}`);
      await question(page, 1, 0);
      await page.waitForTimeout(250);
      await page.locator('details summary').last().click();
      await judged(page, `${lang}-${width}-${scheme}`);
      await context.close();
    }
    const { page } = await visit();
    await page.getByText('I am filling this in').click();
    await question(page, 0, 0);
    await page.locator('.decide').nth(1).click();
    await page.getByText('Nothing was sent, and nothing was kept.').waitFor();
    await page.getByText('Start again').click();
    const left = await page.locator('.question input:checked').count();
    // By keyboard alone: to the first question, its answer, and on.
    await page.locator('.question input').first().focus();
    await page.keyboard.press('Space');
    const answered = await page.locator('.question input:checked').count();
    say({ left, answered, assisted: await page.getByText('After each person').count() });
    const wrong = await visit({ hash: '#a=00000000000000000000000000000000' });
    say({ refused: await wrong.page.locator('.alarm').textContent() });
  },

  // One report and nothing else, for who listens to the bytes.
  async post() {
    const { page } = await visit();
    await question(page, 0, 0);
    await send(page);
    await settled(page, 'sent');
  },
};

await play(scenarios);
