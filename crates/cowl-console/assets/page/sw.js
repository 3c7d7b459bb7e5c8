// Keeps the page for a time without a network. It keeps what everybody gets, and nothing that anybody filled in.

const CACHE = 'cowl-page-1';
const SHELL = ['/', '/page.css', '/page.js', '/cowl.js', '/cowl.wasm', '/dom.js', '/pictures.js', '/triage.js', '/form.js', '/show.js', '/after.js',
  '/withdraw.js', '/qr.js', '/queue.js', '/net.js', '/mqtt.js', '/icon.svg', '/manifest.webmanifest', '/op/page.json', '/op/manifest', '/op/beacon', '/op/dispatch', '/op/zones.json'];

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

// The network first, so that what is signed is never older than need be; what was kept where there is none.
self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  const key = url.pathname === '/' ? '/' : event.request;
  event.respondWith((async () => {
    const cache = await caches.open(CACHE);
    try {
      const answer = await fetch(event.request);
      if (answer.status === 200) await cache.put(key, answer.clone());
      return answer;
    } catch (error) {
      const kept = await cache.match(key, { ignoreSearch: url.pathname === '/' });
      if (kept) return kept;
      throw error;
    }
  })());
});
