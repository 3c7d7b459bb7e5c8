// From the twelve words to what the authority needs to erase the reports under them: what `cowl withdraw` prints. Offline.

import { h, put, save } from './dom.js';

export function withdraw(page) {
  const { say } = page;
  const out = h('div', { role: 'status' });
  const words = h('textarea', { id: 'words', rows: '4', dir: 'ltr', lang: 'en', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', maxlength: '400' });
  const make = () => {
    let bytes;
    try {
      bytes = page.cowl.codeFromWords(words.value);
    } catch {
      words.setAttribute('aria-invalid', 'true');
      words.focus();
      return put(out, h('p', { class: 'alarm' }, say('words-wrong')));
    }
    words.removeAttribute('aria-invalid');
    const text = page.op.withdrawal(bytes, null);
    const shown = h('textarea', { id: 'handles', rows: '6', readonly: true, dir: 'ltr' });
    shown.value = text;
    return put(out, h('section', { class: 'receipt' }, h('h2', {}, say('withdraw-ready')),
      h('p', {}, page.notice.contact ? say('withdraw-give-to', { contact: page.notice.contact }) : say('withdraw-give')),
      h('p', { class: 'hint' }, say('withdraw-what')),
      h('label', { for: 'handles' }, say('withdraw-list')), shown,
      h('div', { class: 'row' },
        h('button', { type: 'button', class: 'main', onclick: () => save('withdrawal.txt', 'text/plain', text) }, say('withdraw-save')),
        h('button', { type: 'button', onclick: () => window.print() }, say('print')))));
  };
  return h('div', {}, h('section', {}, h('h2', { tabindex: '-1', id: 'top' }, say('withdraw-title')), h('p', {}, say('withdraw-how')),
    h('label', { for: 'words' }, say('withdraw-words')), words,
    h('div', { class: 'row' }, h('button', { type: 'button', class: 'main', onclick: make }, say('withdraw-make')),
      h('button', { type: 'button', onclick: () => page.go('#') }, say('back')))), out);
}
