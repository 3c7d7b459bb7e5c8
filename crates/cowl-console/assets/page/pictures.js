// Pictograms, and the four marks of triage: shape, letter and colour always together.

import { s } from './dom.js';

const line = (d) => ['path', { d }];
const dot = (cx, cy, r) => ['circle', { cx, cy, r, class: 'full' }];
const ring = (cx, cy, r) => ['circle', { cx, cy, r }];

// Drawn on 48 by 48, in strokes.
const PICTURES = {
  walk: [dot(27, 7, 4), line('M25 14 22 27l7 7 2 10M22 27l-4 9-7 7M25 15l7 6 6 1M24 16l-8 4-2 8')],
  breath: [dot(15, 12, 6), line('M6 42V30q0-9 9-9 7 0 9 6M27 14h12q4 0 4-3.5T39.5 7M27 21h8M27 28h13q4 0 4 3.5T40.5 35')],
  blood: [line('M24 5q-13 16-13 25a13 13 0 0 0 26 0Q37 21 24 5Z'), line('M18 31q0 6 6 7')],
  awake: [ring(24, 24, 18), line('M15 18l5 5M20 18l-5 5M28 18l5 5M33 18l-5 5M17 34q7-5 14 0')],
  hurt: [ring(24, 24, 18), line('M24 14v20M14 24h20')],
  child: [dot(24, 12, 6), line('M24 18v13M24 22l-9 5M24 22l9 5M24 31l-6 12M24 31l6 12')],
  place: [line('M24 44Q10 28 10 18a14 14 0 0 1 28 0Q38 28 24 44Z'), ring(24, 18, 5)],
  lock: [line('M10 21h28v21H10ZM16 21v-6a8 8 0 0 1 16 0v6M24 29v6')],
  sent: [line('M6 25l12 12L42 11')],
  wait: [ring(24, 24, 18), line('M24 13v11l8 5')],
  help: [line('M24 42S6 31 6 18a9 9 0 0 1 18-2 9 9 0 0 1 18 2c0 13-18 24-18 24Z')],
  warn: [line('M24 6 44 42H4ZM24 19v11M24 36v.5')],
};

/** A pictogram; it says nothing to a screen reader, as words stand beside it. */
export function picture(name) {
  const parts = (PICTURES[name] || []).map(([tag, attributes]) => s(tag, attributes));
  return s('svg', { viewBox: '0 0 48 48', class: 'picture', 'aria-hidden': 'true', focusable: 'false' }, parts);
}

// Names of START and JumpSTART, and the words by which policies and devices call them. The console draws the same shapes.
const CATEGORIES = {
  immediate: { letter: 'I', words: ['critical', 'immediate', 'red', 'severe'], shape: 'M15 3H33L45 15V33L33 45H15L3 33V15Z', y: 31 },
  delayed: { letter: 'D', words: ['high', 'delayed', 'yellow', 'serious'], shape: 'M24 3 46 43H2Z', y: 37 },
  moderate: { letter: 'D', words: ['moderate', 'medium'], shape: 'M24 3 46 43H2Z', y: 37 },
  minor: { letter: 'M', words: ['low', 'minor', 'green', 'none', 'mild'], shape: 'M24 3a21 21 0 1 0 .1 0Z', y: 31 },
  deceased: { letter: 'X', words: ['black', 'deceased', 'dead', 'expectant'], shape: 'M4 4H44V44H4Z', y: 31 },
};

/** The category of START that a policy's word stands for; `null` where it is no such word. */
export function category(word) {
  const lower = word.toLowerCase();
  const found = Object.entries(CATEGORIES).find(([, one]) => one.words.includes(lower));
  return found ? found[0] : null;
}

/** Its mark. */
export function mark(name) {
  const { letter, shape, y } = CATEGORIES[name];
  return s('svg', { viewBox: '0 0 48 48', class: `mark ${name}`, 'aria-hidden': 'true', focusable: 'false' },
    s('path', { d: shape }), s('text', { x: 24, y, 'text-anchor': 'middle' }, letter));
}
