// Keeps an open page current. Values change in place; rows never move: if rows came or went, a button says so.
"use strict";
(() => {
  const body = document.body;
  const news = document.getElementById("news");
  if (!news || !window.EventSource) return;
  document.getElementById("news-show").addEventListener("click", () => location.reload());
  let known = Number(body.dataset.change);
  let asking = false;
  let again = false;

  const keys = (root) => [...root.querySelectorAll("[data-row]")].map((row) => row.dataset.row).join("\n");

  // What somebody is using stays as it is.
  const isBusy = (element) => element.contains(document.activeElement) && document.activeElement !== body;

  const take = (old, fresh) => {
    const places = (root) => {
      const found = new Map();
      for (const element of root.querySelectorAll("[data-live]")) {
        const row = element.closest("[data-row]");
        found.set((row ? row.dataset.row : "") + "\n" + element.dataset.live, element);
      }
      return found;
    };
    const now = places(fresh);
    for (const [key, element] of places(old)) {
      const next = now.get(key);
      if (next && next.innerHTML !== element.innerHTML && !isBusy(element)) {
        element.replaceChildren(...[...next.childNodes].map((node) => document.importNode(node, true)));
        const row = element.closest("[data-row]");
        const nextRow = next.closest("[data-row]");
        if (row && nextRow) row.className = nextRow.className;
      }
    }
    document.title = fresh.title;
    if (keys(old) !== keys(fresh)) news.hidden = false;
  };

  const ask = async () => {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
      // The session has ended: the names on the screen disappear.
      if (answer.redirected && new URL(answer.url).pathname === "/login") { location.reload(); return; }
      if (answer.ok) take(document, new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch (_) {
      // The next change asks again.
    }
    asking = false;
    if (again) { again = false; setTimeout(ask, 700); }
  };

  let changes;
  const noted = (event) => {
    const number = Number(event.data);
    // Not all at once, if many pages are open.
    if (number !== known) { known = number; setTimeout(ask, 400 * Math.random()); }
  };
  const listen = () => {
    changes = new EventSource("/changes");
    changes.addEventListener("change", noted);
    changes.addEventListener("hello", noted);
    changes.addEventListener("error", () => {
      if (changes.readyState !== EventSource.CLOSED) return;
      // The session has ended, or the server is not there: `ask` tells which, and what somebody types is not lost.
      ask();
      setTimeout(listen, 5000 + 5000 * Math.random());
    });
  };
  listen();
  // A page left behind does not keep its connection.
  addEventListener("pagehide", () => changes.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // Keys: / goes to the search, g and a letter to a page.
  const pages = { t: "/", w: "/worklist", n: "/not-reached", h: "/held", d: "/days" };
  let isGo = false;
  addEventListener("keydown", (event) => {
    const isTyping = event.target.closest && event.target.closest("input, select, textarea");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      document.getElementById("q").focus();
    } else if (isGo && pages[event.key]) {
      location.href = pages[event.key];
    }
    isGo = event.key === "g";
  });
})();
