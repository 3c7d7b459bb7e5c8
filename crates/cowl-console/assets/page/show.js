// What would be sent, as it would be sent: made by the same code that seals, each time something changes.

import { h, put } from './dom.js';
import { picture } from './pictures.js';

/** Who would read what of it. */
export function preview(page, node) {
  const { say } = page;
  const seen = page.preview();
  if (!seen) return put(node, h('p', { class: 'hint' }, page.problem || say('nothing-yet')));
  const roles = seen.roles.filter((role) => page.notice.roles[role.role]?.kind !== 'census');
  const any = roles.some((role) => role.fields.length);
  return put(node,
    any ? h('ul', { class: 'readers' }, roles.map((role) => reader(page, role))) : h('p', { class: 'hint' }, say('nothing-yet')),
    page.notice.census && page.state.place ? h('p', { class: 'hint' }, say('counted', { role: page.notice.census })) : null,
    seen.custody?.length ? h('p', { class: 'hint' }, say('for-custody', { fields: list(page, seen.custody.map(({ name }) => page.label(name))) })) : null,
    withheld(page, seen),
    h('p', { class: 'hint' }, say('nobody-else')));
}

function reader(page, { role, fields }) {
  const told = page.notice.roles[role] || {};
  const head = [h('b', {}, told.label || role), h('small', {}, told.purpose || ''), h('small', {}, told.kept || '')];
  if (!fields.length) return h('li', {}, head, h('p', { class: 'hint' }, page.say('reads-nothing')));
  return h('li', {}, head, h('dl', {}, fields.map(({ name, shown }) => [
    h('dt', {}, page.label(name)),
    h('dd', {}, h('bdi', {}, page.value(String(shown))), told.reads?.[name] ? h('small', {}, told.reads[name]) : null),
  ])));
}

const list = (page, labels) => [...new Set(labels)].join(page.dir === 'rtl' ? '، ' : ', ');

function withheld(page, seen) {
  const gone = seen.withheld.filter(({ why }) => why !== 'not-chosen').map(({ field }) => page.label(field));
  return gone.length ? h('p', { class: 'hint' }, page.say('withheld', { fields: list(page, gone) })) : null;
}

/** The message byte by byte; sealed for this look only, so what is sent later has other bytes in every sealed piece. */
export function bytes(page, node) {
  const { say } = page;
  let sealed;
  try {
    sealed = page.op.seal(page.report(), null);
  } catch (error) {
    return put(node, h('p', { class: 'hint' }, page.reason(error)));
  }
  const hex = (from, to) => Array.from(sealed.payload.subarray(from, to), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const rows = sealed.layout.map(({ from, to, ...what }) => h('tr', {},
    h('td', { dir: 'ltr' }, `${from}–${to - 1}`), h('td', {}, h('bdi', {}, page.piece(what))),
    h('td', { dir: 'ltr' }, h('code', {}, hex(from, Math.min(to, from + 24)), to - from > 24 ? ' …' : ''))));
  return put(node, h('p', {}, say('bytes-all', { n: String(sealed.payload.length) })),
    h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': say('bytes-title') },
      h('table', {}, h('thead', {}, h('tr', {}, ['bytes-where', 'bytes-what', 'bytes-hex'].map((id) => h('th', { scope: 'col' }, say(id))))),
        h('tbody', {}, rows))));
}

/** All that people are told, as the authority signed it. */
export function wholeNotice(page) {
  const { notice, say } = page;
  const made = { title: (text) => h('p', {}, h('b', {}, text)), heading: (text) => h('h3', {}, text), line: (text) => h('p', {}, text) };
  return h('details', {}, h('summary', {}, say('notice-all')),
    notice.blocks.map((block) => (block.item ? h('dl', {}, h('dt', {}, block.item), block.lines.map((line) => h('dd', {}, line)))
      : Object.entries(block).map(([kind, text]) => made[kind](text)))),
    h('p', { class: 'hint' }, picture('lock'), say(notice.confirmed ? 'notice-signed' : 'notice-unsigned')),
    h('p', { class: 'hint', dir: 'ltr' }, h('code', {}, notice.hash)));
}
