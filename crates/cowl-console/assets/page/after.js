// After the tap: whether it has left, the twelve words, the receipt, and that help is coming.

import { h, s, put, save } from './dom.js';
import { picture } from './pictures.js';
import { qr } from './qr.js';

/** A QR code as a drawing: one path of dark squares, with the quiet zone that readers need. */
export function code(text, label) {
  const grid = qr(text);
  const size = grid.length + 8;
  const dark = grid.flatMap((row, y) => row.map((on, x) => (on ? `M${x + 4} ${y + 4}h1v1h-1z` : ''))).join('');
  return s('svg', { viewBox: `0 0 ${size} ${size}`, class: 'qr', role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' },
    s('rect', { width: size, height: size, class: 'light' }), s('path', { d: dark, class: 'dark' }));
}

/** The screen after a report: `sent` is `{id, words, receipt, state, help, remembered}`. */
export function after(page, sent) {
  const { say } = page;
  const status = h('div', { class: 'status', role: 'status' });
  const help = h('div', { role: 'status' });
  sent.draw = () => {
    const drawn = { sent: 'sent', refused: 'warn', stale: 'warn' }[sent.state] || 'wait';
    status.className = `status ${sent.state}`;
    const durable = page.store.durable && sent.kept;
    put(status, picture(drawn), h('div', {}, h('h2', {}, say(`state-${sent.state}`)),
      sent.state === 'waiting' || sent.state === 'delayed' ? h('p', {}, say(durable ? 'kept-sealed' : 'kept-open', { time: page.time(sent.until) })) : null,
      sent.state === 'stale' ? h('p', {}, say('stale-why')) : null));
    put(help, sent.help
      ? h('div', { class: 'status help' }, picture('help'), h('div', {}, h('h2', {}, say('help-coming')), h('p', {}, sent.help.map((role) => page.notice.roles[role]?.label || role).join(', '))))
      : h('p', { class: 'hint' }, say('help-looking')));
  };
  sent.draw();
  const words = sent.words.split(' ');
  const remember = h('input', { type: 'checkbox', checked: sent.remembered });
  remember.addEventListener('change', () => page.remember(sent, remember.checked));
  return h('div', {}, status, help,
    page.store.durable && !page.state.assisted
      ? h('label', { class: 'check' }, remember, h('span', {}, say('help-remember'))) : null,
    h('section', { class: 'receipt', 'aria-labelledby': 'words-title' },
      h('h2', { id: 'words-title' }, say('words-title')),
      h('p', {}, say('words-why')),
      h('ol', { class: 'words', lang: 'en', dir: 'ltr' }, words.map((word) => h('li', {}, word))),
      code(sent.words.toUpperCase(), say('words-qr')),
      h('p', { class: 'hint' }, say('words-lost')),
      h('p', {}, page.notice.contact ? say('ask-contact', { contact: page.notice.contact }) : say('ask-nobody')),
      h('p', { class: 'hint' }, say(`asked-${page.state.asked}`)),
      h('p', { class: 'hint' }, say('fingerprint', { fingerprint: page.about.fingerprint })),
      h('div', { class: 'row' },
        h('button', { type: 'button', onclick: () => window.print() }, say('print')),
        h('button', { type: 'button', onclick: () => save('receipt.jsonld', 'application/ld+json', sent.receipt) }, say('receipt-save')))),
    h('div', { class: 'row' },
      h('button', { type: 'button', class: 'main', onclick: () => page.again() }, say(page.state.assisted ? 'next-person' : 'another'))));
}
