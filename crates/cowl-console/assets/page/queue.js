// What waits to be sent, and what waits for help. Only what is sealed is kept: who finds it can see that a report was made here,
// and neither read it nor send another. In IndexedDB; in memory where that is missing or throws (a captive portal's browser).

const NAME = 'cowl';
const STORES = ['waiting', 'hoping'];

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => STORES.forEach((store) => asked.result.createObjectStore(store, { keyPath: 'id' }));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error('blocked'));
    // Some browsers never answer where storage is forbidden.
    setTimeout(() => reject(new Error('no answer')), 3000);
  });
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

class Durable {
  constructor(database) {
    this.database = database;
    this.durable = true;
  }

  #store(name, mode) {
    return this.database.transaction(name, mode).objectStore(name);
  }

  put(store, entry) { return done(this.#store(store, 'readwrite').put(entry)); }

  all(store) { return done(this.#store(store, 'readonly').getAll()); }

  drop(store, id) { return done(this.#store(store, 'readwrite').delete(id)); }
}

class Memory {
  constructor() {
    this.durable = false;
    this.stores = Object.fromEntries(STORES.map((store) => [store, new Map()]));
  }

  async put(store, entry) { this.stores[store].set(entry.id, entry); }

  async all(store) { return [...this.stores[store].values()]; }

  async drop(store, id) { this.stores[store].delete(id); }
}

/** A keeper of entries `{id, …}`, tried out before it is believed. */
export async function keeper() {
  try {
    const durable = new Durable(await open());
    await durable.put('waiting', { id: 'try' });
    await durable.drop('waiting', 'try');
    return durable;
  } catch {
    return new Memory();
  }
}
