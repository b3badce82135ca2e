// The service worker: without a network it shows one page of ours that knows nobody. It keeps no other page.
const CACHE = "offline-" + KEPT.join("|");
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("offline-") && name !== CACHE);
  const tidy = caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name))));
  event.waitUntil(tidy.then(() => self.clients.claim()));
});
const kept = (what) => caches.match(what, { ignoreVary: true, ignoreSearch: true });
self.addEventListener("fetch", (event) => {
  const asked = event.request;
  if (asked.method !== "GET") return;
  const path = new URL(asked.url).pathname;
  if (asked.mode === "navigate") {
    event.respondWith(fetch(asked).catch(() => kept("/offline")));
  } else if (KEPT.includes(path)) {
    event.respondWith(fetch(asked).catch(() => kept(path)));
  }
});
