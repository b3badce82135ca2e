// Sends what is pressed, typed or scanned, and shows what comes back. All that matters is decided by the program.
"use strict";
const body = document.body, place = document.getElementById("screen");
const rule = { prefix: body.dataset.prefix, suffix: body.dataset.suffix, gap: +body.dataset.gap, longest: +body.dataset.longest };
let burst = null, last = 0, sending = 0, spoken = "", turned = 0;

function screenNow() { return place.firstElementChild; }

function put(html) {
  const before = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset : {};
  place.innerHTML = html;
  turned = 0;
  document.documentElement.lang = screenNow().lang;
  const again = before.key ? `[data-key="${before.key}"]` : before.act ? `[data-act="${before.act}"][data-value="${before.value || ""}"]` : "";
  const found = again && place.querySelector(again);
  if (found) found.focus({ preventScroll: true });
  speak();
}

function speak() {
  const text = screenNow().dataset.say;
  if (body.dataset.speech !== "on" || !window.speechSynthesis || text === spoken) return;
  spoken = text;
  speechSynthesis.cancel();
  const said = new SpeechSynthesisUtterance(text);
  said.lang = screenNow().lang === "en" ? "en-GB" : "zh-CN";
  speechSynthesis.speak(said);
}

// One after the other: keys typed faster than an answer comes must arrive in their order.
let line = Promise.resolve();
function send(path, fields) {
  sending += 1;
  line = line.then(async () => {
    try {
      const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields), headers: { "x-kiosk": body.dataset.secret } });
      if (answer.status === 403) location.reload();
      else if (answer.ok) put(await answer.text());
    } catch { /* the program restarts: the next look finds it */ }
    sending -= 1;
  });
}

async function look() {
  if (sending) return;
  try {
    const answer = await fetch("/screen?v=" + encodeURIComponent(screenNow().dataset.version));
    if (answer.status === 200 && !sending) put(await answer.text());
  } catch { /* as above */ }
}

place.addEventListener("click", (event) => {
  const pressed = event.target.closest("button");
  if (!pressed) { if (screenNow().classList.contains("screen_attract")) send("/press", { act: "start" }); return; }
  if (pressed.dataset.key) send("/key", { key: pressed.dataset.key });
  else send("/press", { act: pressed.dataset.act, value: pressed.dataset.value || "" });
});

function turn() {
  const pages = [...place.querySelectorAll(".lines__page")];
  if (pages.length < 2) return false;
  turned = (turned + 1) % pages.length;
  pages.forEach((page, at) => { page.hidden = at !== turned; });
  return true;
}

function typed(key) {
  if (key === "0" && turn()) return true;
  if (/^[0-9]$/.test(key)) { send("/key", { key }); return true; }
  if (key === "Backspace" || key === "Escape") { send("/key", { key: "back" }); return true; }
  if (key === "Enter" && (document.activeElement === body || screenNow().dataset.display === "keypad")) { send("/key", { key: "enter" }); return true; }
  return false;
}

// What is pasted was read by some scanner: so a terminal can be tried where there is none.
document.addEventListener("paste", (event) => {
  event.preventDefault();
  const text = event.clipboardData.getData("text").trim();
  if (text) send("/scan", { text });
});

// A scanner that types: its prefix opens a burst, which no field ever sees; a gap as a finger makes ends it.
document.addEventListener("keydown", (event) => {
  const now = performance.now();
  if (event.key === rule.prefix) { burst = ""; last = now; event.preventDefault(); return; }
  if (burst !== null) {
    event.preventDefault();
    if (now - last >= rule.gap || burst.length > rule.longest) { burst = null; }
    else {
      last = now;
      if (event.key === rule.suffix) { const text = burst; burst = null; if (text) send("/scan", { text }); }
      else if (event.key.length === 1) burst += event.key;
      return;
    }
  }
  if (!event.ctrlKey && !event.altKey && !event.metaKey && typed(event.key)) event.preventDefault();
});
document.addEventListener("contextmenu", (event) => event.preventDefault());
setInterval(look, 400);
speak();
