// What the console does beyond plain pages. Everything works without it.
(() => {
  "use strict";
  const typing = (el) => el.closest("input, textarea, select, [contenteditable]");
  let prefix = "";

  // Keys: / searches, g t opens Today, g l the leads, Escape closes what floats.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector("details.n-pop[open], details.n-me[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const target = { "/": "#n-search", gt: "[data-key=t]", gl: "[data-key=l]", gh: "[data-key=h]" }[prefix + event.key];
    prefix = event.key === "g" ? "g" : "";
    const found = target && document.querySelector(target);
    if (!found) return;
    event.preventDefault();
    if (found.matches("input")) { found.focus(); found.select(); } else { found.click(); }
  });

  // Menus close when somebody clicks elsewhere; only one is open.
  document.addEventListener("click", (event) => {
    for (const one of document.querySelectorAll("details.n-pop[open], details.n-me[open]")) {
      if (!one.contains(event.target)) one.open = false;
    }
  });

  // Ticks of a list: the bar tells how many, the head's tick takes all that are shown.
  const count = (form) => {
    const all = [...form.querySelectorAll("input[name=lead]")];
    const ticked = all.filter((one) => one.checked).length;
    const everybody = form.querySelector("[data-everybody]")?.checked ?? false;
    form.querySelector("[data-bulk-bar]")?.classList.toggle("n-bulk-idle", ticked === 0 && !everybody);
    const head = form.querySelector("[data-all]");
    if (head) { head.checked = ticked > 0 && ticked === all.length; head.indeterminate = ticked > 0 && ticked < all.length; }
    for (const one of form.querySelectorAll("[data-ticked]")) one.textContent = String(ticked);
    for (const one of form.querySelectorAll("[data-needs-ticks]")) one.hidden = ticked === 0 && !(everybody && one.matches(".n-bulk-acts"));
    for (const one of form.querySelectorAll("[data-no-ticks]")) one.hidden = ticked > 0;
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-bulk]");
    if (form) {
      if (event.target.matches("[data-all]")) {
        for (const one of form.querySelectorAll("input[name=lead]")) one.checked = event.target.checked;
      }
      count(form);
    }
    const own = event.target.closest("form[data-sends-itself]");
    if (own) own.requestSubmit();
  });
  const ready = () => { for (const form of document.querySelectorAll("form[data-bulk]")) count(form); };
  document.addEventListener("htmx:afterSwap", ready);
  addEventListener("pageshow", ready);

  // What refreshes itself rests while nobody sees it, and catches up when somebody does.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("[data-live]") && document.hidden) event.preventDefault();
  });
  const live = (one) => one.dispatchEvent(new Event("live"));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.querySelectorAll("[data-live]").forEach(live);
  });
  // Where the rows are the same only the times change; others never move under the pointer.
  const rows = (root) => [...root.querySelectorAll("[data-row]")].map((one) => one.dataset.row).join();
  document.addEventListener("htmx:beforeSwap", (event) => {
    const old = event.detail.target;
    if (!old.matches("[data-live]") || !event.detail.shouldSwap) return;
    const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    const fresh = page.getElementById(old.id);
    // What counts a list is told anew with it, also while the list itself waits.
    for (const one of page.querySelectorAll("[data-beside]")) {
      const stood = document.getElementById(one.id);
      if (stood && !stood.matches(":hover, :focus-within")) stood.replaceWith(one);
    }
    const news = old.querySelector("[data-news]");
    const was = [...old.querySelectorAll("[data-tick]")];
    const times = fresh ? [...fresh.querySelectorAll("[data-tick]")] : [];
    if (fresh && rows(fresh) === rows(old) && times.length === was.length) {
      was.forEach((one, at) => one.replaceWith(times[at]));
      if (news) news.hidden = true;
    } else if (fresh && news && !("wanted" in old.dataset) && old.matches(":hover, :focus-within")) {
      news.hidden = false;
    } else if (fresh) return;
    event.detail.shouldSwap = false;
  });
  document.addEventListener("click", (event) => {
    const news = event.target.closest("[data-news]");
    if (!news) return;
    const list = news.closest("[data-live]");
    list.dataset.wanted = "";
    live(list);
  });

  // What was done is said for ten seconds, longer while somebody reads it.
  for (const toast of document.querySelectorAll(".n-toast")) {
    const close = () => { if (!toast.matches(":hover, :focus-within")) toast.remove(); else setTimeout(close, 3000); };
    setTimeout(close, 10000);
  }
})();
