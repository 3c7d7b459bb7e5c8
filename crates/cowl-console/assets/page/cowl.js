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
  const { instance } = await WebAssembly.instantiate(await bytesOf(source), { page: { random: fill } });
  const wasm = instance.exports;
  memory = wasm.memory;
  const module = wasm.start();
  const stack = wasm.stack();
  let broken = false;

  const call = (...request) => {
    if (broken) throw new CowlError('broken');
    const bytes = [];
    encode(request, bytes);
    let answer;
    try {
      const start = wasm.alloc(bytes.length);
      new Uint8Array(memory.buffer, start, bytes.length).set(bytes);
      bytes.fill(0);
      const at = wasm.call(module, start, bytes.length);
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
