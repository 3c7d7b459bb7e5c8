// The page's side of the module (`crates/cowl-web`): calls become CBOR (RFC 8949), answers become objects. It decides nothing:
// what is verified, reduced and sealed is verified, reduced and sealed in there.

const MESSAGES = {
  'broken': 'the module stopped: load the page anew',
  'call': 'the page asked for what there is not',
  'code-checksum': 'the words do not fit together: one of them is wrong, or two are swapped',
  'code-count': 'a withdrawal code has 12 words',
  'code-word': 'not a word of a withdrawal code',
  'dangerous': 'this operation does not protect reports: nothing is sent from here',
  'does-not-fit': 'the report is longer than a reader has room for',
  'empty': 'nothing was filled in',
  'expired': 'the manifest may not be followed any more',
  'field': 'a field is not as the policy says',
  'forked': 'another manifest than the one of this version that was accepted before',
  'inconsistent': 'the parts of the manifest contradict each other',
  'malformed': 'damaged, or cut short',
  'no-keys': 'the manifest has no keys of this epoch',
  'not-a-fingerprint': 'not a fingerprint',
  'not-signed': "not signed by this operation's authority",
  'other-operation': 'of another operation',
  'replayed': 'older than what was accepted before',
  'rolled-back': 'older than a manifest that was accepted before',
  'sealing': 'the report could not be sealed',
  'stale': 'of an epoch that is over',
  'unknown-form': 'of a form that this version does not know',
  'unsupported': 'this browser has no WebAssembly or no randomness',
};

/** A refusal: `code` for the page's words, and what it is about. Nothing that was typed is in it. */
export class CowlError extends Error {
  constructor(code, about = {}) {
    super(MESSAGES[code] ?? code);
    this.name = 'CowlError';
    this.code = code;
    for (const key of ['field', 'problem', 'word']) {
      if (about[key] !== undefined) this[key] = about[key];
    }
  }
}

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { fatal: true });

/** Writes a value into `out`, an array of numbers. */
function encode(value, out) {
  const head = (major, n) => {
    if (n < 24) out.push((major << 5) | n);
    else if (n < 0x100) out.push((major << 5) | 24, n);
    else if (n < 0x10000) out.push((major << 5) | 25, n >> 8, n & 255);
    else if (n < 0x100000000) out.push((major << 5) | 26, n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255);
    else {
      out.push((major << 5) | 27);
      const eight = new DataView(new ArrayBuffer(8));
      eight.setUint32(0, Math.floor(n / 0x100000000));
      eight.setUint32(4, n >>> 0);
      for (let at = 0; at < 8; at += 1) out.push(eight.getUint8(at));
    }
  };
  const put = (bytes) => { for (const byte of bytes) out.push(byte); };
  if (value === null || value === undefined) out.push(0xf6);
  else if (value === true || value === false) out.push(value ? 0xf5 : 0xf4);
  else if (typeof value === 'number' && Number.isSafeInteger(value)) {
    if (value >= 0) head(0, value); else head(1, -1 - value);
  } else if (typeof value === 'number') {
    const eight = new DataView(new ArrayBuffer(8));
    eight.setFloat64(0, value);
    out.push(0xfb);
    put(new Uint8Array(eight.buffer));
  } else if (typeof value === 'string') {
    const bytes = utf8.encode(value);
    head(3, bytes.length);
    put(bytes);
  } else if (value instanceof Uint8Array) {
    head(2, value.length);
    put(value);
  } else if (value instanceof ArrayBuffer) encode(new Uint8Array(value), out);
  else if (Array.isArray(value)) {
    head(4, value.length);
    for (const item of value) encode(item, out);
  } else if (typeof value === 'object') {
    const names = Object.keys(value);
    head(5, names.length);
    for (const name of names) { encode(name, out); encode(value[name], out); }
  } else throw new CowlError('call');
}

/** Reads what the module writes: text, bytes, numbers, flags, nothing, and maps and lists of indefinite length. */
function decode(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const END = {};
  let at = 0;
  const length = (low) => {
    if (low < 24) return low;
    const size = 1 << (low - 24);
    const from = at;
    at += size;
    if (size === 1) return view.getUint8(from);
    if (size === 2) return view.getUint16(from);
    if (size === 4) return view.getUint32(from);
    return view.getUint32(from) * 0x100000000 + view.getUint32(from + 4);
  };
  const value = () => {
    const first = view.getUint8(at);
    at += 1;
    const low = first & 31;
    switch (first) {
      case 0xf4: return false;
      case 0xf5: return true;
      case 0xf6: return null;
      case 0xfb: at += 8; return view.getFloat64(at - 8);
      case 0xff: return END;
      case 0x9f: {
        const list = [];
        for (let item = value(); item !== END; item = value()) list.push(item);
        return list;
      }
      case 0xbf: {
        const members = [];
        for (let name = value(); name !== END; name = value()) members.push([name, value()]);
        // Made by definition, not by assignment: a policy may call a field `__proto__`.
        return Object.fromEntries(members);
      }
      default:
    }
    const n = length(low);
    if (first >> 5 === 0) return n;
    const from = at;
    at += n;
    if (first >> 5 === 2) return bytes.slice(from, at);
    if (first >> 5 === 3) return text.decode(bytes.subarray(from, at));
    throw new CowlError('broken');
  };
  return value();
}

/** Seconds of the machine's clock, and of a timer that only runs forward. */
const clock = () => Math.floor(Date.now() / 1000);
const timer = () => Math.floor(performance.now() / 1000);

/** Texts that stand for numbers become numbers; who types `38,5` means the same as `38.5`. */
function typed(fields, input) {
  const known = new Map(fields.map((field) => [field.name, field.type]));
  const ready = {};
  for (const [name, value] of Object.entries(input)) {
    const isNumber = known.get(name) === 'number' || (!known.has(name) && (name === 'lat' || name === 'lon'));
    const isText = isNumber && typeof value === 'string' && value.trim() !== '';
    const number = isText ? Number(value.trim().replace(',', '.')) : value;
    // What is no number goes in as it is, and is refused in there by name.
    Object.defineProperty(ready, name, {
      value: isText && Number.isNaN(number) ? value : number, enumerable: true,
    });
  }
  return ready;
}

/** An operation that was opened: see `Cowl.operation`. */
class Operation {
  #call; #id; #now; #fields;

  constructor(call, id, now) {
    this.#call = call;
    this.#id = id;
    this.#now = now;
    this.#fields = this.about().fields;
  }

  #moment() {
    return [this.#now() ?? clock(), timer()];
  }

  about() { return this.#call('about', this.#id, ...this.#moment()); }

  preview(input) { return this.#call('preview', this.#id, ...this.#moment(), typed(this.#fields, input)); }

  seal(input, code = null) {
    return this.#call('seal', this.#id, ...this.#moment(), typed(this.#fields, input), code);
  }

  /** Takes a beacon, or none: what changes with time. */
  hear(beacon = null) { return this.#call('hear', this.#id, ...this.#moment(), beacon); }

  help(awaiting, dispatch) { return this.#call('help', this.#id, ...this.#moment(), awaiting, dispatch); }

  /** Takes the manifest that follows: same authority, same operation, not older. */
  renew(manifest) {
    this.#call('renew', this.#id, manifest);
    this.#fields = this.about().fields;
  }

  withdrawal(code, since = null) { return this.#call('withdrawal', this.#id, ...this.#moment(), code, since); }

  /** JSON-LD, byte for byte as `cowl` writes it. */
  receipt({ language, notice, asked = 'herself', chosen = [], code = null, now = null }) {
    const tree = this.#call('receipt', this.#id, now ?? clock(), language, notice, asked, chosen, code);
    return `${JSON.stringify(tree, null, 2)}\n`;
  }

  close() { this.#call('close', this.#id); }
}

/** The module, once it is there. */
class Cowl {
  #call;

  constructor(call) { this.#call = call; }

  /** Verifies a manifest under a fingerprint (or, with none, whoever's it is) and the newest beacon. */
  operation(manifest, pinned = null, beacon = null, now = null) {
    // The page's clock runs on from the second that it was given.
    const start = timer();
    const time = () => (now === null ? null : Math.floor(now) + timer() - start);
    const id = this.#call('operation', manifest, pinned, beacon, time() ?? clock(), timer());
    return new Operation(this.#call, id, time);
  }

  code() { return this.#call('code'); }

  codeFromWords(words) { return this.#call('parse', words).bytes; }

  codeWords(bytes) { return this.#call('words', bytes).words; }

  codeHash(bytes) { return this.#call('hash', bytes); }

  handles(code, operation, first, last) { return this.#call('handles', code, operation, first, last); }
}

/** The largest module that is unpacked. */
const MOST = 1 << 20;

/**
 * Unpacks an `.lzma` file, as `xz --format=lzma` writes it (Igor Pavlov, LZMA specification, 2015): a fifth smaller than gzip, which
 * on a slow radio link is seconds. Damaged input gives an error or bytes that are no module.
 */
export function unpack(packed) {
  const fault = () => new CowlError('malformed');
  const properties = packed[0];
  if (packed.length < 18 || properties >= 225 || packed[13] !== 0) throw fault();
  const lc = properties % 9;
  const lp = Math.floor(properties / 9) % 5;
  const pb = Math.floor(properties / 45);
  const out = new Uint8Array(MOST);
  let size = 0;
  let at = 18;
  let range = 0xffffffff;
  let code = ((packed[14] << 24) | (packed[15] << 16) | (packed[16] << 8) | packed[17]) >>> 0;
  // Probabilities that a bit is 0, of 2,048; all begin at a half.
  const table = (length) => new Uint16Array(length).fill(1024);
  const bit = (probabilities, index) => {
    const probability = probabilities[index];
    const bound = (range >>> 11) * probability;
    let result = 0;
    if (code < bound) {
      range = bound;
      probabilities[index] = probability + ((2048 - probability) >> 5);
    } else {
      range -= bound;
      code -= bound;
      probabilities[index] = probability - (probability >> 5);
      result = 1;
    }
    if (range < 0x1000000) {
      if (at >= packed.length) throw fault();
      range = (range << 8) >>> 0;
      code = ((code << 8) | packed[at]) >>> 0;
      at += 1;
    }
    return result;
  };
  const direct = (count) => {
    let result = 0;
    for (let left = count; left > 0; left -= 1) {
      range >>>= 1;
      const one = code >= range ? 1 : 0;
      if (one) code -= range;
      result = (result << 1) | one;
      if (range < 0x1000000) {
        if (at >= packed.length) throw fault();
        range = (range << 8) >>> 0;
        code = ((code << 8) | packed[at]) >>> 0;
        at += 1;
      }
    }
    return result;
  };
  const tree = (probabilities, start, bits) => {
    let symbol = 1;
    for (let left = bits; left > 0; left -= 1) symbol = (symbol << 1) | bit(probabilities, start + symbol);
    return symbol - (1 << bits);
  };
  const reverse = (probabilities, start, bits) => {
    let symbol = 1;
    let result = 0;
    for (let place = 0; place < bits; place += 1) {
      const one = bit(probabilities, start + symbol);
      symbol = (symbol << 1) | one;
      result |= one << place;
    }
    return result;
  };
  const lengths = () => ({ choice: table(2), low: table(128), middle: table(128), high: table(256) });
  const lengthOf = (coder, position) => {
    if (!bit(coder.choice, 0)) return 2 + tree(coder.low, position << 3, 3);
    if (!bit(coder.choice, 1)) return 10 + tree(coder.middle, position << 3, 3);
    return 18 + tree(coder.high, 0, 8);
  };
  const literals = table(0x300 << (lc + lp));
  const [isMatch, isRepeat0Long] = [table(192), table(192)];
  const [isRepeat, isRepeat0, isRepeat1, isRepeat2] = [table(12), table(12), table(12), table(12)];
  const [slots, special, align] = [table(256), table(128), table(16)];
  const [matchLength, repeatLength] = [lengths(), lengths()];
  let [last0, last1, last2, last3] = [0, 0, 0, 0];
  let state = 0;
  for (;;) {
    const position = size & ((1 << pb) - 1);
    if (!bit(isMatch, (state << 4) + position)) {
      if (size >= MOST) throw fault();
      const before = size > 0 ? out[size - 1] : 0;
      const start = 0x300 * (((size & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
      let symbol = 1;
      if (state >= 7) {
        let match = out[size - last0 - 1];
        do {
          const wanted = (match >> 7) & 1;
          match <<= 1;
          const one = bit(literals, start + ((1 + wanted) << 8) + symbol);
          symbol = (symbol << 1) | one;
          if (wanted !== one) break;
        } while (symbol < 0x100);
      }
      while (symbol < 0x100) symbol = (symbol << 1) | bit(literals, start + symbol);
      out[size] = symbol;
      size += 1;
      state = state < 4 ? 0 : state - (state < 10 ? 3 : 6);
    } else {
      let length;
      if (bit(isRepeat, state)) {
        if (size === 0) throw fault();
        if (!bit(isRepeat0, state)) {
          if (!bit(isRepeat0Long, (state << 4) + position)) length = 1;
        } else {
          let distance = last1;
          if (bit(isRepeat1, state)) {
            distance = last2;
            if (bit(isRepeat2, state)) {
              distance = last3;
              last3 = last2;
            }
            last2 = last1;
          }
          last1 = last0;
          last0 = distance;
        }
        if (length === 1) state = state < 7 ? 9 : 11;
        else {
          length = lengthOf(repeatLength, position);
          state = state < 7 ? 8 : 11;
        }
      } else {
        [last3, last2, last1] = [last2, last1, last0];
        length = lengthOf(matchLength, position);
        state = state < 7 ? 7 : 10;
        const slot = tree(slots, Math.min(length - 2, 3) << 6, 6);
        last0 = slot;
        if (slot >= 4) {
          const bits = (slot >> 1) - 1;
          last0 = ((2 | (slot & 1)) << bits) >>> 0;
          if (slot < 14) last0 += reverse(special, last0 - slot, bits);
          else last0 = (last0 + (direct(bits - 4) << 4) + reverse(align, 0, 4)) >>> 0;
        }
        // The mark of the end.
        if (last0 === 0xffffffff) return out.subarray(0, size);
      }
      if (last0 >= size || size + length > MOST) throw fault();
      for (let left = length; left > 0; left -= 1, size += 1) out[size] = out[size - last0 - 1];
    }
  }
}

/** Bytes of what `load` was given. */
async function bytesOf(source) {
  const given = await source;
  if (given instanceof Uint8Array || given instanceof ArrayBuffer) return given;
  if (given && typeof given.arrayBuffer === 'function') {
    if (given.ok === false) throw new CowlError('malformed');
    return given.arrayBuffer();
  }
  throw new CowlError('call');
}

/**
 * Instantiates the module from its bytes, or from a `Response` (a plain one will do: its type is not looked at, as some
 * captive portals' is wrong). `random` is for tests with fixed randomness; it fills an `Uint8Array`.
 */
export async function load(source, { random = null } = {}) {
  const draw = random ?? ((out) => globalThis.crypto.getRandomValues(out));
  if (typeof WebAssembly !== 'object' || (!random && !globalThis.crypto?.getRandomValues)) {
    throw new CowlError('unsupported');
  }
  let memory;
  const fill = (start, length) => {
    // getRandomValues gives at most 65,536 bytes at once.
    for (let done = 0; done < length; done += 65536) {
      draw(new Uint8Array(memory.buffer, start + done, Math.min(65536, length - done)));
    }
  };
  let bytes = new Uint8Array(await bytesOf(source));
  // A module begins with a zero; what ships is packed.
  if (bytes[0] !== 0) bytes = unpack(bytes);
  const { instance } = await WebAssembly.instantiate(bytes, { page: { random: fill } });
  const wasm = instance.exports;
  memory = wasm.memory;
  const module = wasm.start();
  const stack = wasm.stack();
  let broken = false;

  const call = (...request) => {
    if (broken) throw new CowlError('broken');
    const sent = [];
    encode(request, sent);
    let answer;
    try {
      const start = wasm.alloc(sent.length);
      new Uint8Array(memory.buffer, start, sent.length).set(sent);
      sent.fill(0);
      const at = wasm.call(module, start, sent.length);
      const length = new DataView(memory.buffer).getUint32(at, true);
      answer = decode(new Uint8Array(memory.buffer, at + 4, length));
      wasm.free(at, length + 4);
      // What the call left behind on its stack.
      new Uint8Array(memory.buffer, 0, stack).fill(0);
    } catch (error) {
      // A trap or an exception amid a call leaves a module that nobody knows the state of.
      broken = true;
      throw new CowlError('broken');
    }
    if (answer.error !== undefined) throw new CowlError(answer.error, answer);
    return answer.ok;
  };
  return new Cowl(call);
}
