// What the module answers, in Node or in a browser: the vectors of what the authority signs, and `page.json`, which the same code
// made natively. No test framework: `run` gives the names of what passed, and throws at the first thing that differs.

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** The numbers of `tests/page.rs`. */
function known(seed) {
  let x = seed >>> 0;
  return (out) => {
    for (let at = 0; at < out.length; at += 1) {
      x = (Math.imul(x, 1103515245) + 12345) >>> 0;
      out[at] = (x >>> 16) & 255;
    }
  };
}

/** An answer as JSON has it: bytes in hexadecimal. */
const plain = (value) => JSON.parse(JSON.stringify(value, (_, inner) => (inner instanceof Uint8Array ? hex(inner) : inner)));

/** The same whatever order members stand in. */
function ordered(value) {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, ordered(value[name])]));
}

function same(is, should, where) {
  const [a, b] = [JSON.stringify(ordered(is)), JSON.stringify(ordered(should))];
  if (a !== b) throw new Error(`${where}:\n  is     ${a?.slice(0, 600)}\n  should ${b?.slice(0, 600)}`);
}

/** What a call was refused with; `undefined`: it was not. */
function refusal(call) {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error.name !== 'CowlError') throw error;
    return [error.code, error.field, error.problem].filter((part) => part !== undefined).join(' ');
  }
}

/** `load` of cowl.js, the module's bytes, and the files by name. */
export async function run(load, wasm, files) {
  const passed = [];
  const { manifest: manifests, beacon: beacons, dispatch: dispatches, page } = files;
  const cowl = await load(wasm);
  const good = bytes(manifests.known);

  for (const one of manifests.cases) {
    const data = one['zero bytes'] === undefined ? bytes(one.manifest) : new Uint8Array(one['zero bytes']);
    // Cases under a key of their own are in the native test: a page knows an authority by its fingerprint.
    if (one.authority === undefined) {
      const why = refusal(() => {
        // Zeros are nobody's: what is too long is refused before anything is looked at.
        const pinned = one['zero bytes'] === undefined ? manifests.fingerprint : null;
        const op = cowl.operation(one.succeeds ? good : data, pinned, null, page.cases[0].now);
        try {
          if (one.succeeds) op.renew(data);
        } finally {
          op.close();
        }
      });
      const memberOnly = one.name === 'the next version, with another policy under the same policy version';
      same(why, one.class === 'good' || memberOnly ? undefined : one.class.replaceAll(' ', '-'), `manifest#${one.name}`);
      passed.push(`manifest#${one.name}`);
    }
  }

  for (const one of beacons.cases.filter((each) => ['good', 'not signed', 'other operation', 'replayed'].includes(each.class))) {
    const why = refusal(() => {
      const op = cowl.operation(good, null, null, page.cases[0].now);
      try {
        if (one.class === 'replayed') op.hear(bytes(beacons.cases[0].beacon));
        same(op.hear(bytes(one.beacon)).epoch, 10, `beacon#${one.name}`);
      } finally {
        op.close();
      }
    });
    same(why, one.class === 'good' ? undefined : one.class.replaceAll(' ', '-'), `beacon#${one.name}`);
    passed.push(`beacon#${one.name}`);
  }

  // [1, operation, [[1, help key]]]: what `seal` gave to who reported to the medical role.
  const kept = bytes(`830150${dispatches.operation}8182015820${dispatches['help key']}`);
  for (const one of dispatches.cases.filter((each) => ['good', 'not signed', 'other operation', 'replayed'].includes(each.class))) {
    const why = refusal(() => {
      const op = cowl.operation(good, null, null, page.cases[0].now);
      try {
        if (one.class === 'replayed') op.help(kept, bytes(dispatches.cases[0].dispatch));
        const said = op.help(kept, bytes(one.dispatch));
        same(said.coming, one.says?.help ?? said.coming, `dispatch#${one.name}`);
        same(said.roles, said.coming ? ['medical'] : [], `dispatch#${one.name}`);
      } finally {
        op.close();
      }
    });
    same(why, one.class === 'good' ? undefined : one.class.replaceAll(' ', '-'), `dispatch#${one.name}`);
    passed.push(`dispatch#${one.name}`);
  }

  for (const one of page.cases) {
    let seed = known(0);
    const fixed = await load(wasm, { random: (out) => seed(out) });
    const manifest = bytes(manifests.cases[one.manifest].manifest);
    const beacon = bytes(beacons.cases[0].beacon);
    const op = fixed.operation(manifest, manifests.fingerprint, beacon, one.now);
    // The machine's clock and timer run: what follows from them is left out of the comparison.
    const { time: _time, ...about } = plain(op.about());
    const { time: _made, ...should } = one.about;
    same(about, should, `page#${one.suite} about`);
    for (const report of one.reports) {
      const name = `page#${one.suite} ${report.name}`;
      const code = report.code === null ? null : bytes(report.code);
      same(plain(op.preview(report.input)), report.preview, `${name}, preview`);
      seed = known(report.seed);
      same(plain(op.seal(report.input, code)), report.sealed, name);
      passed.push(name);
    }
    for (const refused of one.refused) {
      same(refusal(() => op.preview(refused.input)), refused.why, `page#${one.suite} ${refused.name}`);
      same(refusal(() => op.seal(refused.input)), refused.why, `page#${one.suite} ${refused.name}`);
      passed.push(`page#${one.suite} ${refused.name}`);
    }

    // With the browser's own randomness: no two are alike, all are of one size.
    const real = cowl.operation(manifest, manifests.fingerprint, beacon, one.now);
    const seen = new Set();
    for (let round = 0; round < 20; round += 1) {
      const sealed = real.seal(one.reports[round % one.reports.length].input);
      same(sealed.payload.length, one.about.sizes.walkIn, 'one size');
      for (const part of sealed.layout.filter((piece) => piece.what !== 'header' && piece.to - piece.from >= 16)) {
        const piece = hex(sealed.payload.slice(part.from, part.to));
        if (seen.has(piece)) throw new Error(`${one.suite}: ${part.what} came twice`);
        seen.add(piece);
      }
    }
    same(real.help(kept, bytes(dispatches.cases[0].dispatch)).coming, true, 'help is coming');
    real.close();
    passed.push(`page#${one.suite} random`);
  }

  const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
  const code = cowl.codeFromWords(` ${words.toUpperCase().replaceAll(' ', ',\n')}`);
  same(hex(code), '7f'.repeat(16), 'words');
  same(cowl.codeWords(code), words, 'words');
  same(cowl.codeHash(code), '61b221edc643a0fa9d292c3272388ceb86f7fd38411476115c30616f2ac9f99a', 'hash');
  same(refusal(() => cowl.codeFromWords(`${words} ${words}`)), 'code-count', 'words');
  same(refusal(() => cowl.codeFromWords(words.replace('yellow', 'zebra'))), 'code-checksum', 'words');
  const drawn = [cowl.code(), cowl.code()];
  same(hex(cowl.codeFromWords(drawn[0].words)), hex(drawn[0].bytes), 'a code comes back');
  if (drawn[0].words === drawn[1].words) throw new Error('two codes are alike');
  passed.push('words');

  // A source of randomness that fails ends the module: nothing is sealed with anything else.
  const dry = await load(wasm, { random: () => { throw new Error('none left'); } });
  same(refusal(() => dry.code()), 'broken', 'no randomness');
  same(refusal(() => dry.codeFromWords(words)), 'broken', 'no randomness');
  passed.push('no randomness');
  return passed;
}
