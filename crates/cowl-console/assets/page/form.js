// What is asked: triage in pictures, where, and the policy's other fields. Every answer may be left out unless the policy says so.

import { h, put } from './dom.js';
import { picture, mark, category } from './pictures.js';
import { QUESTIONS, judge, wordOf, valueName } from './triage.js';

let number = 0;
const fresh = (name) => `${name}-${(number += 1)}`;

/** A group of equal answers, one of which may be chosen, and taken back by choosing it again. */
function answers(label, options, chosen, choose) {
  const name = fresh('a');
  const buttons = options.map(({ value, content }) => {
    const input = h('input', { type: 'radio', name, value: String(value), checked: value === chosen });
    input.addEventListener('click', () => {
      const again = input.dataset.on === '1';
      buttons.forEach(([, other]) => { delete other.dataset.on; });
      if (again) input.checked = false;
      else input.dataset.on = '1';
      choose(again ? null : value);
    });
    if (value === chosen) input.dataset.on = '1';
    return [h('label', { class: 'answer' }, input, h('span', {}, content)), input];
  });
  return h('fieldset', {}, h('legend', {}, label), h('div', { class: 'answers' }, buttons.map(([shown]) => shown)));
}

/** Triage: questions first, and the category itself, which follows them and can be chosen directly. */
export function triage(page, field) {
  const { say, state } = page;
  const result = h('div', {});
  const values = field.values.map(valueName);
  const told = h('p', { class: 'told', role: 'status' });
  const shown = (word) => {
    const known = category(word);
    return [known ? mark(known) : null, h('b', {}, page.value(word)), known ? h('small', {}, say(`start-${known}`)) : null];
  };
  const draw = () => {
    put(result, answers(say('triage-how'), values.map((word) => ({ value: word, content: shown(word) })), state.values[field.name] ?? null,
      (word) => { state.chosen = true; page.set(field.name, word); }));
    result.firstChild.classList.add('marks');
  };
  const judged = () => {
    const name = judge(state.answers, state.child);
    const word = name && wordOf(name, values);
    if (word && !state.chosen) {
      page.set(field.name, word);
      told.textContent = say('triage-suggested', { value: page.value(word) });
    }
    draw();
  };
  const questions = QUESTIONS.map(({ id, picture: drawn }) => h('div', { class: 'question' }, picture(drawn),
    answers(say(`ask-${id}`), [{ value: true, content: say('yes') }, { value: false, content: say('no') }], state.answers[id] ?? null,
      (value) => { state.answers[id] = value; state.chosen = false; judged(); })));
  const child = h('input', { type: 'checkbox', checked: state.child });
  child.addEventListener('change', () => { state.child = child.checked; state.chosen = false; judged(); });
  draw();
  return h('section', { 'aria-labelledby': 'triage-title' }, h('h2', { id: 'triage-title' }, picture('hurt'), say('triage-title')),
    h('p', { class: 'hint' }, say('triage-stays')), questions,
    h('label', { class: 'check' }, child, picture('child'), h('span', {}, say('triage-child'))), told, result);
}

/** Where: by the device after a tap, from the list, or by coordinates; or not at all. */
export function place(page, field) {
  const { say, state } = page;
  const status = h('p', { class: 'told', role: 'status' });
  const zones = (page.zones?.levels || []).flatMap((level) => level.zones.map((zone) => ({ ...zone, level: level.name })));
  const tell = () => {
    const how = state.place?.how;
    status.textContent = how ? say(how === 'typed' ? 'place-typed-used' : `place-${how}`, { zone: state.place.zone || '' }) : say('place-none');
    forget.hidden = !how;
  };
  const take = (found) => { state.place = found; page.changed(); tell(); };
  const gps = h('button', { type: 'button', class: 'wide' }, picture('place'), say('place-gps'));
  gps.addEventListener('click', () => {
    status.textContent = say('place-looking');
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => take({ how: 'device', lat: coords.latitude, lon: coords.longitude }),
      () => { status.textContent = say('place-failed'); },
      { enableHighAccuracy: true, timeout: 30_000, maximumAge: 60_000 },
    );
  });
  const able = window.isSecureContext && navigator.geolocation;
  const list = h('select', { id: fresh('f') }, h('option', { value: '' }, say('place-choose')),
    zones.map((zone, at) => h('option', { value: String(at) }, zone.name)));
  list.addEventListener('change', () => {
    const zone = zones[Number(list.value)];
    if (!zone || list.value === '') return take(null);
    take({ how: 'zone', lat: zone.lat, lon: zone.lon, zone: zone.name });
    // The list knows the zone and nothing finer: where the rules would make more of it, it is not used.
    if (!page.onlyZone(field.name, zone.name)) {
      list.value = '';
      take(null);
      status.textContent = say('place-too-fine');
    }
    return undefined;
  });
  const typed = h('input', { id: fresh('f'), type: 'text', inputmode: 'text', autocomplete: 'off', dir: 'ltr', maxlength: '64', placeholder: '18.54, -72.34' });
  typed.addEventListener('change', () => {
    const found = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(typed.value);
    const [lat, lon] = found ? [Number(found[1]), Number(found[2])] : [NaN, NaN];
    const good = Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
    typed.setAttribute('aria-invalid', String(!good && typed.value !== ''));
    take(good ? { how: 'typed', lat, lon } : null);
    if (!good && typed.value) status.textContent = say('place-not-numbers');
  });
  const forget = h('button', { type: 'button', class: 'quiet' }, say('place-forget'));
  forget.addEventListener('click', () => { list.value = ''; typed.value = ''; take(null); });
  tell();
  return h('section', { 'aria-labelledby': 'place-title' }, h('h2', { id: 'place-title' }, picture('place'), say('place-title')),
    h('p', { class: 'hint' }, say('place-coarse')),
    able ? gps : h('p', { class: 'hint' }, say('place-no-gps')),
    zones.length ? h('p', { class: 'field' }, h('label', { for: list.id }, say('place-list')), list) : null,
    h('p', { class: 'field' }, h('label', { for: typed.id }, say('place-typed')), typed),
    status, forget);
}

/** The policy's other fields; what is off by default has a switch before it. */
export function others(page, fields) {
  const { say } = page;
  if (!fields.length) return null;
  // Folded, unless something in it is needed or was filled in: a frightened person sees what matters first.
  const open = fields.some(({ name, optional }) => optional === false || page.state.values[name] !== undefined || page.state.shared.has(name));
  return h('section', {}, h('details', { open, class: 'more' }, h('summary', {}, h('h2', {}, say('more-title'))),
    h('p', { class: 'hint' }, say('more-hint')), fields.map((field) => other(page, field))));
}

function other(page, field) {
  const { say, state } = page;
  const told = page.notice.fields[field.name] || {};
  const label = told.label || field.name;
  const must = field.optional === false;
  const id = fresh('f');
  const input = control(page, field, id);
  const hint = h('small', { id: `${id}-h` }, told.purpose || '', ' · ', must ? say('needed') : say('may-leave'));
  input.setAttribute('aria-describedby', `${id}-h`);
  const body = h('div', { class: 'field' }, h('label', { for: id }, label, field.unit ? ` (${field.unit})` : ''), input, hint);
  if (!told.choice) return body;
  const box = h('input', { type: 'checkbox', checked: state.shared.has(field.name) });
  body.hidden = !box.checked;
  box.addEventListener('change', () => {
    if (box.checked) state.shared.add(field.name);
    else state.shared.delete(field.name);
    body.hidden = !box.checked;
    page.changed();
  });
  return h('div', { class: 'off' }, h('label', { class: 'check' }, box, h('span', {}, say('share-too', { field: label }))), body);
}

function control(page, field, id) {
  const value = page.state.values[field.name] ?? '';
  const set = (next) => page.set(field.name, next === '' ? null : next);
  let input;
  if (field.type === 'choice') {
    input = h('select', { id }, h('option', { value: '' }, '–'),
      (field.values || []).map(valueName).map((word) => h('option', { value: word, selected: word === value }, page.value(word))));
  } else if (field.type === 'flag') {
    input = h('select', { id }, h('option', { value: '' }, '–'),
      [true, false].map((flag) => h('option', { value: String(flag), selected: flag === value }, page.say(flag ? 'yes' : 'no'))));
  } else if (field.type === 'number') {
    input = h('input', { id, type: 'text', inputmode: 'decimal', autocomplete: 'off', value, maxlength: '24' });
  } else {
    input = h('input', { id, type: /phone|contact|tel/.test(field.name) ? 'tel' : 'text', autocomplete: 'off', value, maxlength: '500', dir: 'auto' });
  }
  input.addEventListener(input.tagName === 'SELECT' ? 'change' : 'input', () => {
    const text = input.value.trim();
    if (field.type === 'flag') return set(text === '' ? '' : text === 'true');
    if (field.type !== 'number') return set(text);
    const read = Number(text.replace(',', '.'));
    const good = text === '' || Number.isFinite(read);
    input.setAttribute('aria-invalid', String(!good));
    return set(text === '' || !good ? '' : read);
  });
  return input;
}
