// QR codes (ISO/IEC 18004) of capital letters, digits and spaces: all that twelve words need. Level M, versions 1 to 8.

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
// For each version: blocks of the error correction, its bytes in each, data bytes in all.
const PLAN = [[1, 10, 16], [1, 16, 28], [1, 26, 44], [2, 18, 64], [2, 24, 86], [4, 16, 108], [4, 18, 124], [4, 22, 154]];
const CENTRES = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42]];

const EXP = new Uint8Array(255);
const LOG = new Uint8Array(256);
for (let at = 0, value = 1; at < 255; at += 1) {
  EXP[at] = value;
  LOG[value] = at;
  value = (value << 1) ^ (value > 127 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? EXP[(LOG[a] + LOG[b]) % 255] : 0);

function remainder(data, degree) {
  let divisor = [1];
  for (let root = 0; root < degree; root += 1) {
    const next = [...divisor, 0];
    divisor.forEach((term, at) => { next[at + 1] ^= times(term, EXP[root]); });
    divisor = next;
  }
  const rest = new Array(degree).fill(0);
  for (const byte of data) {
    const factor = byte ^ rest.shift();
    rest.push(0);
    divisor.slice(1).forEach((term, at) => { rest[at] ^= times(term, factor); });
  }
  return rest;
}

function codewords(text) {
  const bits = [];
  const push = (value, count) => { for (let at = count - 1; at >= 0; at -= 1) bits.push((value >> at) & 1); };
  push(2, 4);
  push(text.length, 9);
  const values = [...text].map((letter) => LETTERS.indexOf(letter));
  if (values.includes(-1)) throw new Error('not alphanumeric');
  for (let at = 0; at < values.length; at += 2) {
    if (at + 1 < values.length) push(values[at] * 45 + values[at + 1], 11);
    else push(values[at], 6);
  }
  const version = PLAN.findIndex(([, , capacity]) => capacity * 8 >= bits.length);
  if (version < 0) throw new Error('too long');
  const [blocks, extra, capacity] = PLAN[version];
  push(0, Math.min(4, capacity * 8 - bits.length));
  while (bits.length % 8) bits.push(0);
  const data = [];
  for (let at = 0; at < bits.length; at += 8) data.push(parseInt(bits.slice(at, at + 8).join(''), 2));
  for (let pad = 0xec; data.length < capacity; pad ^= 0xfd) data.push(pad);
  const short = Math.floor(capacity / blocks);
  const longer = capacity % blocks;
  const parts = [];
  for (let block = 0, at = 0; block < blocks; block += 1) {
    const length = short + (block >= blocks - longer ? 1 : 0);
    parts.push(data.slice(at, at + length));
    at += length;
  }
  const checks = parts.map((part) => remainder(part, extra));
  const out = [];
  for (let at = 0; at <= short; at += 1) parts.forEach((part) => { if (at < part.length) out.push(part[at]); });
  for (let at = 0; at < extra; at += 1) checks.forEach((check) => out.push(check[at]));
  return { version, out };
}

/** The dark squares, as rows of booleans. */
export function qr(text) {
  const { version, out } = codewords(text);
  const size = 21 + 4 * version;
  const grid = Array.from({ length: size }, () => new Array(size).fill(null));
  const set = (x, y, dark) => { if (y >= 0 && y < size && x >= 0 && x < size) grid[y][x] = dark; };
  const format = (mask) => {
    let rest = mask;
    for (let at = 0; at < 10; at += 1) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((mask << 10) | rest) ^ 0x5412;
    const bit = (at) => ((bits >> at) & 1) === 1;
    for (let at = 0; at < 6; at += 1) set(8, at, bit(at));
    set(8, 7, bit(6));
    set(8, 8, bit(7));
    set(7, 8, bit(8));
    for (let at = 9; at < 15; at += 1) set(14 - at, 8, bit(at));
    for (let at = 0; at < 8; at += 1) set(size - 1 - at, 8, bit(at));
    for (let at = 8; at < 15; at += 1) set(8, size - 15 + at, bit(at));
    set(8, size - 8, true);
  };
  for (let at = 0; at < size; at += 1) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  for (const [cx, cy] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
    for (let dy = -4; dy <= 4; dy += 1) {
      for (let dx = -4; dx <= 4; dx += 1) {
        const far = Math.max(Math.abs(dx), Math.abs(dy));
        set(cx + dx, cy + dy, far !== 2 && far !== 4);
      }
    }
  }
  const centres = CENTRES[version];
  const last = centres.length - 1;
  centres.forEach((cx, i) => centres.forEach((cy, j) => {
    if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) return;
    for (let dy = -2; dy <= 2; dy += 1) {
      for (let dx = -2; dx <= 2; dx += 1) set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
    }
  }));
  // Mask 0 of level M, whose number is 0.
  format(0);
  if (version >= 6) {
    let rest = version + 1;
    for (let at = 0; at < 12; at += 1) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = ((version + 1) << 12) | rest;
    for (let at = 0; at < 18; at += 1) {
      const dark = ((bits >> at) & 1) === 1;
      const [a, b] = [size - 11 + (at % 3), Math.floor(at / 3)];
      set(a, b, dark);
      set(b, a, dark);
    }
  }
  let at = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      for (const x of [right, right - 1]) {
        const up = ((right + 1) & 2) === 0;
        const y = up ? size - 1 - step : step;
        if (grid[y][x] !== null) continue;
        const dark = at < out.length * 8 && ((out[at >> 3] >> (7 - (at & 7))) & 1) === 1;
        grid[y][x] = dark !== ((x + y) % 2 === 0);
        at += 1;
      }
    }
  }
  return grid;
}
