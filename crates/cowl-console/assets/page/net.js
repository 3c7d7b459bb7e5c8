// What goes over the network: the operation's signed notices in, sealed messages out. Nothing else, and nothing before the tap.

import { publish } from './mqtt.js';

/** Fetches from this page's own server; `null` when that cannot be reached. */
export async function get(path, kind) {
  try {
    const answer = await fetch(path, { cache: 'no-cache', credentials: 'omit', referrerPolicy: 'no-referrer' });
    if (!answer.ok || answer.status === 204) return null;
    return kind === 'json' ? await answer.json() : new Uint8Array(await answer.arrayBuffer());
  } catch {
    return null;
  }
}

/** A time in Unix seconds by this device's clock. Only ever shown or compared with what this device kept. */
export const now = () => Math.floor(Date.now() / 1000);

/** Sends what waits, one connection for each, the oldest first; tells what became of it. */
export class Sender {
  constructor(store, tell) {
    this.store = store;
    this.tell = tell;
    this.busy = false;
    this.again = null;
    this.failures = 0;
  }

  async add(entry) {
    await this.store.put('waiting', entry);
    this.flush();
  }

  /** Takes a report back that has not left. */
  async forget(id) {
    await this.store.drop('waiting', id);
  }

  async flush() {
    if (this.busy || !this.page) return;
    this.busy = true;
    clearTimeout(this.again);
    let later = null;
    try {
      for (const entry of await this.store.all('waiting')) {
        const wait = await this.#one(entry);
        if (wait !== null) later = later === null ? wait : Math.min(later, wait);
      }
    } finally {
      this.busy = false;
    }
    if (later !== null) this.again = setTimeout(() => this.flush(), later * 1000);
  }

  /** Seconds after which to try again; `null`: this one is settled. */
  async #one(entry) {
    if (entry.until <= now()) {
      await this.store.drop('waiting', entry.id);
      this.tell(entry.id, 'stale');
      return null;
    }
    if (entry.from > now()) {
      this.tell(entry.id, 'delayed');
      return Math.max(1, entry.from - now());
    }
    this.tell(entry.id, 'sending');
    try {
      const url = `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/mqtt`;
      await publish({ url, login: this.page.login, keepAlive: this.page.keepAlive, topic: entry.topic, payload: entry.payload });
      await this.store.drop('waiting', entry.id);
      this.failures = 0;
      this.tell(entry.id, 'sent');
      return null;
    } catch (error) {
      this.failures += 1;
      this.tell(entry.id, error.code === 'refused' || error.code === 'login' ? 'refused' : 'waiting');
      // The same for everybody, and slower where it does not help.
      return Math.min(300, 5 * 2 ** Math.min(6, this.failures - 1));
    }
  }
}
