// Says once that this page is looked at: visible for two seconds and then moved, scrolled or typed;
// and once more when it has been read: visible for half a minute, with such signs in three parts of
// it. Nothing else is told, and without this file the page works the same.
const own = document.currentScript.dataset;
const signs = ["pointermove", "touchstart", "scroll", "keydown"];
const second = 4;
const lookedAt = 2 * second;
const readAfter = 30 * second;
const part = 10 * second;
const parts = new Set();
let visible = 0;
let told = false;
let read = false;

const clock = setInterval(() => {
  if (document.visibilityState === "visible") visible += 1;
  if (told && !read && visible >= readAfter && parts.size >= 3) say(true);
}, 1000 / second);

function sign() {
  if (visible < lookedAt) return;
  parts.add(Math.floor(visible / part));
  if (!told) say(false);
}

function say(wasRead) {
  told = true;
  const body = new URLSearchParams({ m: own.visit });
  if (wasRead) {
    // A browser that a program drives says so itself.
    if (!navigator.webdriver) body.set("read", "1");
    read = true;
    clearInterval(clock);
    for (const kind of signs) removeEventListener(kind, sign);
  }
  fetch(own.seen, { method: "POST", body, keepalive: true, credentials: "omit" });
}

for (const kind of signs) addEventListener(kind, sign, { passive: true });
