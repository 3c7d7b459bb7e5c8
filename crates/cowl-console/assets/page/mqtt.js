// MQTT 5 as every client of the operation speaks it (spec §7.2): clean start, a fresh client id, one keep-alive, one message of
// QoS 1, goodbye. The same bytes in the same order as `cowl pub`: a test compares them.

const text = new TextEncoder();
// What the others say too: 256 messages at a time, packets of 1 MiB.
const PROPERTIES = [0x21, 1, 0, 0x27, 0, 0x10, 0, 0];

function string(value) {
  const bytes = typeof value === 'string' ? text.encode(value) : value;
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
}

function packet(first, body) {
  const length = [];
  let rest = body.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Uint8Array.from([first, ...length, ...body]);
}

export function connectPacket(client, login, keepAlive) {
  return packet(0x10, [...string('MQTT'), 5, 0xc2, keepAlive >> 8, keepAlive & 255, PROPERTIES.length, ...PROPERTIES,
    ...string(client), ...string(login.user), ...string(login.password)]);
}

export function publishPacket(topic, payload) {
  return packet(0x32, [...string(topic), 0, 1, 0, ...payload]);
}

/** 22 hexadecimal digits, like all clients' names. */
function freshName() {
  const bytes = crypto.getRandomValues(new Uint8Array(11));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The whole packets at the front of what came, and the rest. */
function take(bytes) {
  const packets = [];
  for (;;) {
    let length = 0;
    let at = 1;
    for (; at < bytes.length && at < 5; at += 1) {
      length |= (bytes[at] & 127) << (7 * (at - 1));
      if (bytes[at] < 128) break;
    }
    if (at >= bytes.length || bytes[at] > 127 || bytes.length < at + 1 + length) return { packets, rest: bytes };
    packets.push({ kind: bytes[0] >> 4, body: bytes.subarray(at + 1, at + 1 + length) });
    bytes = bytes.subarray(at + 1 + length);
  }
}

/** Why a message did not get through: `unreachable` (try again), `login`, `refused`. */
export class NotDelivered extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** Publishes one message on a connection of its own; done when the broker has it. */
export function publish({ url, login, keepAlive, topic, payload, seconds = 30 }) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'mqtt');
    socket.binaryType = 'arraybuffer';
    let waiting = new Uint8Array(0);
    let over = false;
    const end = (code) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      try { socket.close(); } catch { /* it is closed */ }
      if (code) reject(new NotDelivered(code));
      else resolve();
    };
    const timer = setTimeout(() => end('unreachable'), seconds * 1000);
    socket.onopen = () => socket.send(connectPacket(freshName(), login, keepAlive));
    socket.onerror = () => end('unreachable');
    socket.onclose = () => end('unreachable');
    socket.onmessage = ({ data }) => {
      const more = new Uint8Array(data);
      if (waiting.length + more.length > 4096) return end('unreachable');
      const joined = new Uint8Array(waiting.length + more.length);
      joined.set(waiting);
      joined.set(more, waiting.length);
      const { packets, rest } = take(joined);
      waiting = rest;
      for (const { kind, body } of packets) {
        if (kind === 2) {
          const why = body[1];
          if (why === 0) socket.send(publishPacket(topic, payload));
          else return end(why === 0x86 || why === 0x87 ? 'login' : 'unreachable');
        } else if (kind === 4) {
          // Reason 0x10: nobody listens now; the broker has it all the same.
          const refused = body.length > 2 && body[2] >= 0x80;
          if (!refused) socket.send(Uint8Array.of(0xe0, 0));
          return end(refused ? 'refused' : null);
        } else if (kind === 14) return end('unreachable');
      }
      return undefined;
    };
  });
}
