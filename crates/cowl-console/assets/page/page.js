// The page on which somebody reports. One screen: what is asked, what would be sent, two equal buttons. Nothing leaves before the tap.

import { load } from './cowl.js';
import { h, put } from './dom.js';
import { picture } from './pictures.js';
import { triageField } from './triage.js';
import { triage, place, others } from './form.js';
import { preview, bytes, wholeNotice } from './show.js';
import { after } from './after.js';
import { withdraw } from './withdraw.js';
import { keeper } from './queue.js';
import { get, now, Sender } from './net.js';

const app = document.getElementById('app');

/** What somebody has filled in; gone with the page, and never stored. */
const blank = (assisted) => ({
  values: {}, answers: {}, shared: new Set(), place: null, chosen: false, child: false,
  asked: assisted ? 'someone-else' : 'herself', assisted: Boolean(assisted),
});

class Page {
  constructor() {
    this.state = blank(false);
    this.say = (id, values) => this.#say(id, values);
    this.sent = [];
    this.problem = null;
    this.pin = this.#pinned();
  }

  async start() {
    this.store = await keeper();
    this.sender = new Sender(this.store, (id, state) => this.#became(id, state));
    const wasm = await get('/cowl.wasm');
    const info = await get('/op/page.json', 'json');
    if (!wasm || !info) return this.#fail();
    this.info = info;
    this.sender.page = info;
    this.cowl = await load(wasm);
    const wanted = [new URLSearchParams(location.search).get('lang'), ...navigator.languages].filter(Boolean)
      .map((tag) => tag.split('-')[0].toLowerCase());
    const tags = info.languages.map(({ tag }) => tag);
    if (!await this.speak(wanted.find((tag) => tags.includes(tag)) || tags[0])) return this.#fail();
    if (!await this.hear(true)) return this.#fail();
    this.zones = await get('/op/zones.json', 'json');
    addEventListener('hashchange', () => this.draw());
    addEventListener('online', () => { this.#network(); this.sender.flush(); });
    addEventListener('offline', () => this.#network());
    for (const entry of await this.store.all('waiting')) this.sent.push({ id: entry.id, state: 'waiting', until: entry.until, kept: true, old: true });
    for (const entry of await this.store.all('hoping')) this.#hope(entry);
    this.draw();
    this.sender.flush();
    this.#listen();
    return this.#install();
  }

  /** Takes the operation's signed notices: the manifest at first and when a beacon names a newer one. */
  async hear(whole) {
    const beacon = await get('/op/beacon');
    const manifest = whole && await get('/op/manifest');
    if (whole && !manifest) return Boolean(this.op);
    try {
      // A manifest that follows is held to the authority of the one before.
      if (manifest && this.op) this.op.renew(manifest);
      else if (manifest) this.op = this.cowl.operation(manifest, this.pin, beacon, now());
    } catch (error) {
      this.bad = error.code;
      return Boolean(this.op);
    }
    try {
      const newer = beacon && this.op.hear(beacon).newer;
      this.about = this.op.about();
      if (newer && !whole) await this.hear(true);
    } catch { /* the same one again, or none of this operation's: the one that it has stays */ }
    this.about = this.op.about();
    return true;
  }

  async speak(tag) {
    const [words, notice] = await Promise.all([get(`/op/words?lang=${tag}`, 'json'), get(`/op/notice?lang=${tag}`, 'json')]);
    if (!words || !notice) return false;
    Object.assign(this, { words: words.words, dir: words.dir, tag, notice });
    document.documentElement.lang = tag;
    document.documentElement.dir = words.dir;
    document.title = this.say('title');
    return true;
  }

  // ── what the modules ask ──

  /** What is sealed: the values, without what is off and was not turned on. */
  report() {
    const { values, place: where } = this.state;
    const shared = this.shared();
    const there = Object.entries(values).filter(([name]) => !this.notice.fields[name]?.choice || shared.has(name));
    return { ...Object.fromEntries(there), ...(where && { lat: where.lat, lon: where.lon }), $chosen: [...shared] };
  }

  /** What she turned on of what is off; nobody turns it on for who cannot be asked. */
  shared() { return this.state.asked === 'not-possible' ? new Set() : this.state.shared; }

  empty() { return Object.keys(this.report()).length < 2; }

  preview() {
    this.problem = null;
    if (this.empty()) return null;
    try {
      return this.op.preview(this.report());
    } catch (error) {
      this.problem = this.reason(error);
      return null;
    }
  }

  /** Whether nobody would read a finer place than this zone. */
  onlyZone(field, zone) {
    const seen = this.preview();
    const all = (seen?.roles || []).flatMap((role) => role.fields).filter(({ name }) => name === field);
    return all.every(({ shown }) => String(shown).includes(zone));
  }

  set(name, value) {
    if (value === null) delete this.state.values[name];
    else this.state.values[name] = value;
    this.changed();
  }

  changed() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => {
      if (!this.shown?.isConnected) return;
      preview(this, this.shown);
      if (this.raw.parentNode.open) bytes(this, this.raw);
    }, 150);
  }

  label(name) { return this.notice.fields[name]?.label || name; }

  /** A choice's word in her language, where it is one of those that policies mostly use. */
  value(word) { return this.words[`value-${word.toLowerCase()}`] || word; }

  /** A piece of the layout. */
  piece({ what, role }) { return this.say(`piece-${what}`, { role: this.notice.roles[role]?.label || role || '' }); }

  /** Why something could not be sealed, in her language. */
  reason(error) {
    const id = error.code === 'field' ? { missing: 'error-required', 'too-long': 'error-too-long' }[error.problem] || 'error-value'
      : { 'does-not-fit': 'error-too-long', empty: 'nothing-yet', expired: 'error-expired', 'no-keys': 'error-expired' }[error.code];
    return id ? this.say(id, { field: this.label(error.field || '') }) : this.say('error', { why: error.message || '' });
  }

  time(seconds) { return new Date(seconds * 1000).toLocaleString(this.tag, { dateStyle: 'medium', timeStyle: 'short' }); }

  go(hash) {
    if (location.hash === hash || (hash === '#' && !location.hash)) this.draw();
    else location.hash = hash;
  }

  again() {
    this.done = null;
    this.refused = false;
    this.state = blank(this.state.assisted);
    this.go('#');
  }

  // ── sending ──

  async send(button) {
    this.asking.textContent = '';
    const wrong = this.#missing();
    if (wrong) {
      this.asking.textContent = wrong;
      return;
    }
    button.disabled = true;
    try {
      this.about = this.op.about();
      const code = this.cowl.code();
      const sealed = this.op.seal(this.report(), code.bytes);
      const { delay } = this.info;
      const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
      // After that no receiver has its keys any more (spec §2.2).
      const until = this.about.epochEnds + (sealed.epoch - this.about.epoch) * this.about.epochSeconds + this.about.latenessSeconds;
      const wait = delay ? Math.round(-Math.log(1 - crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32) * delay) : 0;
      const receipt = this.op.receipt({
        language: this.tag, notice: this.notice.hash, asked: this.state.asked, chosen: [...this.shared()], code: code.bytes, now: now(),
      });
      const sent = { id, state: 'sending', until, words: code.words, receipt, awaiting: sealed.awaiting, help: null, remembered: false, kept: true };
      this.sent.push(sent);
      this.done = sent;
      // What was filled in is forgotten now; what waits is sealed.
      this.state = { ...blank(this.state.assisted), asked: this.state.asked };
      await this.sender.add({ id, topic: sealed.topic, payload: sealed.payload, until, from: wait ? now() + wait : 0 });
      this.draw();
    } catch (error) {
      this.asking.textContent = this.reason(error);
      button.disabled = false;
    }
  }

  /** Does not send: everything is forgotten, here and now. */
  refuse() {
    this.state = blank(this.state.assisted);
    this.refused = true;
    this.draw();
  }

  #missing() {
    if (this.empty()) return this.say('nothing-yet');
    const bad = app.querySelector('[aria-invalid=true]');
    if (bad) {
      bad.focus();
      return this.say('look-again');
    }
    return null;
  }

  /** Keeps what finds the help, or forgets it. It opens nothing; beside a role's reports it tells which was hers. */
  async remember(sent, on) {
    sent.remembered = on;
    if (on) await this.store.put('hoping', { id: sent.id, awaiting: sent.awaiting, until: sent.until + 7 * 86_400 });
    else await this.store.drop('hoping', sent.id);
  }

  async #hope(entry) {
    if (entry.until < now()) return this.store.drop('hoping', entry.id);
    const known = this.sent.find(({ id }) => id === entry.id);
    if (known) known.awaiting = entry.awaiting;
    else this.sent.push({ id: entry.id, state: 'sent', awaiting: entry.awaiting, remembered: true, old: true, help: null });
    return undefined;
  }

  #became(id, state) {
    const sent = this.sent.find((one) => one.id === id);
    if (!sent) return;
    sent.state = state;
    if (sent.draw) sent.draw();
    else if (this.old?.isConnected) this.#drawOld();
  }

  /** Beacons and dispatches at the operation's own pace, by everybody, whether they wait for help or not. */
  #listen() {
    setTimeout(async () => {
      await this.hear(false);
      const dispatch = await get('/op/dispatch');
      for (const sent of this.sent.filter((one) => dispatch && one.awaiting && !one.help)) {
        try {
          const found = this.op.help(sent.awaiting, dispatch);
          if (found.coming) {
            sent.help = found.roles;
            if (sent.draw) sent.draw();
            else this.#drawOld();
          }
        } catch { /* not of this operation, or older: the next one */ }
      }
      this.#network();
      this.sender.flush();
      this.#listen();
    }, this.about.beaconSeconds * 1000);
  }

  // ── the screen ──

  draw() {
    const view = location.hash.startsWith('#withdraw') ? withdraw(this)
      : this.done ? after(this, this.done) : this.refused ? this.#refused() : this.#form();
    put(app, this.#head(), view, this.#foot());
    app.removeAttribute('aria-busy');
    this.#network();
    this.#drawOld();
    if (this.drawn) {
      scrollTo(0, 0);
      app.querySelector('h1').focus({ preventScroll: true });
    }
    this.drawn = true;
  }

  #head() {
    const { say, info } = this;
    const pick = h('select', { id: 'language' }, info.languages.map(({ tag, name }) => h('option', { value: tag, lang: tag, selected: tag === this.tag }, name)));
    pick.addEventListener('change', async () => { if (await this.speak(pick.value)) this.draw(); });
    this.net = h('p', { class: 'note', role: 'status' });
    this.old = h('div', { role: 'status' });
    return h('header', {}, h('div', { class: 'bar' }, h('h1', { tabindex: '-1' }, say('title')),
      h('label', { class: 'pick' }, h('span', { class: 'unseen' }, say('language')), pick)),
    h('p', { class: 'who' }, h('bdi', {}, info.name)), this.net, this.old);
  }

  #network() {
    if (!this.net) return;
    const offline = navigator.onLine === false;
    this.net.className = `note${offline ? ' offline' : ''}`;
    put(this.net, offline ? [picture('wait'), this.say('offline')] : []);
  }

  #drawOld() {
    const old = this.sent.filter((one) => one.old);
    put(this.old, old.map((one) => h('p', { class: `note ${one.state}` }, picture(one.help ? 'help' : one.state === 'sent' ? 'sent' : 'wait'),
      h('span', {}, this.say(one.help ? 'help-coming' : `old-${one.state}`, { time: this.time(one.until || 0) })),
      one.remembered ? h('button', { type: 'button', class: 'quiet', onclick: async () => { await this.remember(one, false); this.sent = this.sent.filter((other) => other !== one); this.#drawOld(); } }, this.say('forget')) : null,
      one.state === 'waiting' ? h('button', { type: 'button', class: 'quiet', onclick: async () => { await this.sender.forget(one.id); this.sent = this.sent.filter((other) => other !== one); this.#drawOld(); } }, this.say('do-not-send')) : null)));
  }

  #form() {
    const { say, about } = this;
    const asked = about.fields.filter((field) => this.notice.fields[field.name]?.asked !== false);
    const urgent = triageField(asked);
    const where = asked.find((field) => field.type === 'position');
    this.shown = h('div', { 'aria-live': 'polite' });
    this.raw = h('div', {});
    const unfold = h('details', {}, h('summary', {}, say('bytes-title')), this.raw);
    unfold.addEventListener('toggle', () => { if (unfold.open) bytes(this, this.raw); });
    this.asking = h('p', { class: 'alarm', role: 'alert' });
    const send = h('button', { type: 'button', class: 'decide' }, say('send'));
    send.addEventListener('click', () => this.send(send));
    const refuse = h('button', { type: 'button', class: 'decide' }, say('do-not-send'));
    refuse.addEventListener('click', () => this.refuse());
    preview(this, this.shown);
    const rest = asked.filter((field) => field !== urgent && field !== where);
    return h('form', { onsubmit: (event) => event.preventDefault(), novalidate: true, autocomplete: 'off' },
      h('p', { class: 'promise' }, picture('help'), h('b', {}, say('help-anyway'))),
      h('p', { class: 'hint lead' }, say('nothing-leaves')),
      this.#assisted(),
      h('div', { class: 'questions' },
        urgent ? triage(this, urgent) : null,
        where ? place(this, where) : null,
        others(this, rest),
        this.#askedOf()),
      h('div', { class: 'decision' },
        h('section', { 'aria-labelledby': 'will-title' }, h('h2', { id: 'will-title' }, picture('lock'), say('will-title')), this.shown,
          unfold, wholeNotice(this)),
        this.asking,
        h('div', { class: 'row equal' }, send, refuse),
        location.protocol === 'https:' ? null : h('p', { class: 'plain' }, picture('warn'), h('span', {}, say('plain-http'))),
        h('p', { class: 'hint' }, say('server-sees'))));
  }

  #refused() {
    return h('div', {}, h('div', { class: 'status', role: 'status' }, picture('lock'), h('div', {}, h('h2', {}, this.say('not-sent')),
      h('p', {}, this.say('help-anyway')))), h('div', { class: 'row' }, h('button', { type: 'button', onclick: () => this.again() }, this.say('start-again'))));
  }

  #assisted() {
    const box = h('input', { type: 'checkbox', checked: this.state.assisted });
    box.addEventListener('change', () => { this.state.assisted = box.checked; this.state.asked = box.checked ? 'someone-else' : 'herself'; this.draw(); });
    return h('div', { class: this.state.assisted ? 'helper on' : 'helper' }, h('label', { class: 'check' }, box, h('span', {}, this.say('assisted'))),
      this.state.assisted ? h('p', { class: 'hint' }, this.say('assisted-how')) : null);
  }

  #askedOf() {
    const name = 'asked';
    return h('section', {}, h('fieldset', {}, h('legend', {}, this.say('asked-who')), h('div', { class: 'answers column' },
      ['herself', 'someone-else', 'not-possible'].map((who) => {
        const input = h('input', { type: 'radio', name, value: who, checked: this.state.asked === who });
        input.addEventListener('change', () => { this.state.asked = who; this.changed(); });
        return h('label', { class: 'answer' }, input, h('span', {}, this.say(`asked-${who}`)));
      }))));
  }

  #foot() {
    return h('footer', {}, h('p', {}, location.hash.startsWith('#withdraw') ? h('a', { href: '#' }, this.say('back')) : h('a', { href: '#withdraw' }, this.say('withdraw-title'))),
      h('p', { class: 'hint' }, this.say('fingerprint', { fingerprint: this.about.fingerprint })));
  }

  #say(id, values = {}) {
    const text = this.words?.[id] ?? id;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** The fingerprint in the address, `#a=…`, as a ticket's QR code has it; or whatever the first manifest says. */
  #pinned() {
    const found = /[#&]a=([0-9a-f-]{32,39})/i.exec(location.hash);
    return found ? found[1].replaceAll('-', '').toLowerCase() : null;
  }

  #fail() {
    const known = this.words ? this.say(this.bad ? 'not-trusted' : 'not-loaded') : document.querySelector('noscript') && '✕';
    put(app, h('p', { class: 'alarm' }, known), h('button', { type: 'button', class: 'main', onclick: () => location.reload() }, '↻'));
    app.removeAttribute('aria-busy');
  }

  /** Where browsers have it: the page itself, without a network. */
  async #install() {
    if (!('serviceWorker' in navigator) || !window.isSecureContext) return;
    // Words and notice were fetched before anybody kept them.
    navigator.serviceWorker.addEventListener('controllerchange', () => this.speak(this.tag), { once: true });
    try {
      let address = '/sw.js';
      if (window.trustedTypes) address = window.trustedTypes.createPolicy('cowl', { createScriptURL: (url) => (url === '/sw.js' ? url : '') }).createScriptURL(address);
      await navigator.serviceWorker.register(address, { scope: '/' });
    } catch { /* a browser that has none: the page works while it is open */ }
  }
}

new Page().start();
