// Drives the console in Chromium, as the people of a coordination centre would. SUBJECT is JSON: sign-in links, and files to hand in.

import { SOON, browser, judged, play, problems, say, subject, told, watch } from './browser.mjs';

const { links, draft } = JSON.parse(subject);
const origin = new URL(links.authority).origin;

/** Somebody with a browser of their own, signed in by a link. */
async function person(link) {
  const context = await browser.newContext({ viewport: { width: 360, height: 760 }, colorScheme: 'light', locale: 'en' });
  context.setDefaultTimeout(SOON);
  const page = await context.newPage();
  // What a page refuses, the browser says too.
  watch(page, () => page.url(), /status of 4\d\d/);
  await page.goto(link);
  await page.waitForURL(`${origin}/*`);
  return page;
}

const widths = { narrow: { width: 360, height: 760 }, wide: { width: 1920, height: 1080 } };

async function look(page, name, width, colorScheme) {
  await page.setViewportSize(widths[width]);
  await page.emulateMedia({ colorScheme });
  await judged(page, `${name}-${width}-${colorScheme}`);
  say({ judged: name, width, colorScheme });
}

async function speak(page, language) {
  await page.goto(`${origin}/seat`);
  await page.locator('#language').selectOption(language);
  await Promise.all([page.waitForLoadState('load'), page.locator('.languages button').click()]);
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
  const dir = await page.evaluate(() => document.documentElement.dir);
  if (dir !== (language === 'ar' ? 'rtl' : 'ltr')) problems.push(`${language}: ${dir}`);
}

const PAGES = {
  operations: '/operations', wall: '/operations?wall', sides: '/sides', people: '/people', enrol: '/people/enrol', reads: '/people/reads',
  member: '/people/member?name=phone', lost: '/people/lost?name=phone', revoke: '/people/revoke?name=phone', rotate: '/people/rotate', log: '/log',
  glass: '/glass', export: '/export', privacy: '/privacy', evidence: '/privacy/evidence?card=0&category=linking&adversary=broker', seat: '/seat',
};

/** Until the feed and the left side are connected: what is published from here on is seen. */
async function connected(page) {
  await page.goto(`${origin}/operations`);
  await page.waitForFunction(() => document.getElementById('health')?.textContent.startsWith('Connected'));
  await page.goto(`${origin}/sides`);
  await page.waitForFunction(() => document.getElementById('sum')?.textContent.startsWith('Since'));
}

/** What an attack is, is said in the page's language; what is in English only says so, and is judged unfolded. */
async function explained(page, language) {
  const headings = await texts(page, 'main h2');
  const question = { en: 'Are these messages of one person?', ar: 'هل هذه الرسائل لشخص واحد؟' }[language];
  if (question && !headings.includes(`L1: ${question}`)) problems.push(`${language}: ${headings}`);
  const folded = page.locator('details:not([open])');
  if (await folded.locator('[lang="en"] h3').count() === 0) problems.push(`${language}: nothing is folded`);
  await page.evaluate(() => { for (const part of document.querySelectorAll('details')) part.open = true; });
}

/** The texts of what is listed. */
const texts = (page, selector) => page.locator(selector).allTextContents();

const scenarios = {
  // Every page, narrow and wide, light and dark, from left to right and from right to left.
  async pages() {
    const page = await person(links.authority);
    await connected(page);
    await told({ ready: true });
    await page.waitForSelector('#left li');
    await page.waitForSelector('#right li');
    const one = await page.goto(`${origin}/operations`).then(() => page.locator('.case .name').first().getAttribute('href'));
    for (const [language, views] of [['en', [['narrow', 'light'], ['wide', 'dark']]], ['ar', [['narrow', 'dark'], ['wide', 'light']]]]) {
      await speak(page, language);
      for (const [name, path] of Object.entries({ ...PAGES, case: one })) {
        const answer = await page.goto(`${origin}${path}`);
        if (answer.status() !== 200) problems.push(`${path}: ${answer.status()}`);
        if (name === 'evidence') await explained(page, language);
        for (const [width, scheme] of views) await look(page, `${name}-${language}`, width, scheme);
      }
    }
    // The other languages' words are as long again: the fullest pages.
    for (const language of ['fr', 'es', 'ht']) {
      await speak(page, language);
      for (const name of ['operations', 'sides', 'evidence']) {
        await page.goto(`${origin}${PAGES[name]}`);
        if (name === 'evidence') await explained(page, language);
        await look(page, `${name}-${language}`, 'narrow', 'light');
      }
    }
    // Who is not signed in, in their own language.
    for (const language of ['en', 'ar']) {
      const context = await browser.newContext({ locale: language });
      const stranger = await context.newPage();
      watch(stranger, () => 'stranger', /status of 401/);
      for (const [name, path] of [['stranger', '/'], ['used', new URL(links.authority).pathname]]) {
        const answer = await stranger.goto(`${origin}${path}`);
        if (answer.status() !== 401) problems.push(`${path}: ${answer.status()}`);
        await look(stranger, `${name}-${language}`, 'narrow', 'light');
        await look(stranger, `${name}-${language}`, 'wide', 'dark');
      }
      await context.close();
    }
  },

  // A report appears on the open board and on both sides; nobody reloads anything.
  async live() {
    const board = await person(links.medical);
    await connected(board);
    await board.goto(`${origin}/operations`);
    const sides = await board.context().newPage();
    watch(sides, () => 'sides');
    await sides.goto(`${origin}/sides`);
    for (const page of [board, sides]) await page.evaluate(() => { window.stayed = true; });
    const before = await texts(board, '.case');
    const open = await sides.locator('#right li').count();
    await told({ before: before.length, open });
    await board.waitForSelector('.case');
    await sides.waitForSelector('#right li');
    await sides.waitForFunction(() => [...document.querySelectorAll('#left .topic')].some((topic) => topic.textContent.includes('/r/')));
    const stayed = await Promise.all([board, sides].map((page) => page.evaluate(() => window.stayed)));
    say({ stayed, row: await texts(board, '.case'), right: await texts(sides, '#right li'), marked: await texts(sides, '#left mark') });
  },

  // What custodians may open of a case is asked for on its own page, and waits for the authority.
  async ask() {
    const [medic, authority] = [await person(links.medical), await person(links.authority)];
    await connected(medic);
    await told({ ready: true });
    await medic.goto(`${origin}/operations`);
    await medic.waitForSelector('.case .name');
    await medic.locator('.case .name').first().click();
    await medic.waitForURL('**/operations/case/*');
    await medic.locator('a[href^="/glass/case"]').click();
    await medic.waitForURL('**/glass/case?*');
    await look(medic, 'ask', 'narrow', 'light');
    await medic.locator('#by').fill('Rescue 4');
    await medic.locator('#reason').fill('does not answer');
    await medic.locator('form[action="/glass/case"] button').click();
    await medic.waitForURL('**/glass?asked');
    const status = await texts(medic, '[role="status"]');
    await authority.goto(`${origin}/glass`);
    await authority.locator('a[href^="/glass/draft/"]').click();
    await authority.waitForURL('**/glass/draft/*');
    say({ status, draft: await authority.locator('.facts').textContent() });
  },

  // Tiles of the operator's own below the zones: each loads, from here and for nobody else, also when a zone turns up.
  async base() {
    const page = await person(links.medical);
    const origins = new Set();
    page.on('request', (request) => origins.add(new URL(request.url()).origin));
    await connected(page);
    await page.goto(`${origin}/operations`);
    const laid = (before) => {
      const images = [...document.querySelectorAll('#map .base image')];
      const now = images.map((image) => `${image.getAttribute('href')} ${image.getAttribute('x')}`).join();
      return before === undefined ? now : images.length > 0 && now !== before;
    };
    const before = await page.evaluate(laid);
    await told({ ready: true });
    // The map grows by a cell, and its tiles with it.
    await page.waitForFunction(laid, before);
    await page.waitForSelector('#map .zone.s1');
    const tiles = await page.locator('#map .base[aria-hidden="true"] image').evaluateAll((all) => all.map((image) => image.getAttribute('href')));
    const widths = await page.evaluate((addresses) => Promise.all(addresses.map(async (address) => {
      const image = new Image();
      image.src = address;
      await image.decode();
      return image.naturalWidth;
    })), tiles);
    const fetched = await page.evaluate((addresses) => Promise.all(addresses.map(async (address) => {
      const answer = await fetch(address);
      const of = (name) => answer.headers.get(name);
      const said = `${answer.status} ${of('content-type')} ${of('cache-control')} ${of('x-content-type-options')}`;
      return [said, (await answer.arrayBuffer()).byteLength];
    })), tiles);
    const stranger = await (await browser.newContext()).request.get(`${origin}${tiles[0]}`);
    const credit = await page.locator('.map').textContent();
    for (const [width, scheme] of [['narrow', 'light'], ['narrow', 'dark'], ['wide', 'light'], ['wide', 'dark']]) await look(page, `base-${draft}`, width, scheme);
    await page.emulateMedia({ media: 'print' });
    await look(page, `base-${draft}-print`, 'wide', 'light');
    if (origins.size !== 1) problems.push(`asked elsewhere: ${[...origins]}`);
    say({ tiles, widths, answers: fetched.map(([said]) => said), bytes: fetched.map(([, bytes]) => bytes), stranger: stranger.status(), credit });
  },

  // A demonstration: what is taken away on one page shows on another that is open, and nobody reloads it.
  async layers() {
    const page = await person(links.medical);
    await page.goto(`${origin}/sides`);
    await page.waitForSelector('#right li');
    await look(page, 'layers', 'narrow', 'light');
    await look(page, 'layers', 'wide', 'dark');
    await page.evaluate(() => { window.stayed = true; });
    const other = await page.context().newPage();
    watch(other, () => 'other');
    await other.goto(`${origin}/sides`);
    await other.locator('[data-layer="padding"] button').click();
    await other.waitForURL('**/sides#layers');
    await page.bringToFront();
    await page.waitForFunction(() => {
      const line = document.querySelector('[data-layer="padding"]');
      return line.querySelector('button').value === 'on' && / 1 → ([2-9]|\d\d)/.test(line.querySelector('.figure').textContent);
    });
    const pressed = await page.locator('[data-layer="padding"] button').getAttribute('aria-pressed');
    say({ stayed: await page.evaluate(() => window.stayed), pressed });
    await speak(page, 'ar');
    await page.goto(`${origin}/sides`);
    await look(page, 'layers-ar', 'narrow', 'dark');
  },

  // One asks, the authority signs, two agree, each in a browser of their own; then it is shown, and gone.
  async glass() {
    const [authority, anna, ben] = [await person(links.authority), await person(links.anna), await person(links.ben)];
    await authority.goto(`${origin}/glass`);
    await authority.setInputFiles('#draft', draft);
    await Promise.all([authority.waitForEvent('load'), authority.locator('form[action="/glass/draft"] button').click()]);
    await authority.locator('a[href^="/glass/draft/"]').click();
    await authority.waitForURL('**/glass/draft/*');
    await look(authority, 'draft', 'narrow', 'light');
    await authority.locator('button[value="sign"]').click();
    await authority.waitForURL('**/glass/request/*');
    const request = authority.url();
    await look(authority, 'request', 'wide', 'dark');
    const custodians = [];
    for (const custodian of [anna, ben]) {
      // A share opens nothing by itself, and shows no page but this.
      const refused = await custodian.goto(`${origin}/sides`);
      custodians.push(refused.status());
      await custodian.goto(request);
      await look(custodian, 'agree', 'narrow', 'dark');
      await Promise.all([custodian.waitForEvent('load'), custodian.locator('form[action$="/agree"] button').click()]);
    }
    await authority.goto(request);
    await authority.locator('input[name="sure"]').check();
    await look(authority, 'agreed', 'narrow', 'light');
    await authority.locator('form[action$="/open"] button').click();
    await authority.waitForURL('**/glass/opened/*');
    const opened = await authority.locator('main').textContent();
    const at = authority.url();
    // It goes away after a minute; a busy machine judges it for longer.
    await authority.route('**/glass/opened/*', async (route) => {
      const response = await route.fetch();
      const { refresh, ...headers } = response.headers();
      if (!refresh) problems.push('nothing says when it goes away');
      await route.fulfill({ response, headers });
    });
    await authority.reload();
    await authority.unroute('**/glass/opened/*');
    await look(authority, 'opened', 'narrow', 'light');
    const crossed = await anna.goto(at);
    await Promise.all([authority.waitForEvent('load'), authority.locator('form[action$="/hide"] button').click()]);
    const gone = await authority.goto(at);
    say({ custodians, opened, crossed: crossed.status(), gone: gone.status() });
  },
};

await play(scenarios);
