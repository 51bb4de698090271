// The page works without this: forms and redirects do everything. With it answers grow, and forms change only a part.
"use strict";

const streams = new Map();
let path = location.pathname;

function listen(article) {
  const address = article.dataset.events;
  if (!address || streams.has(article.id)) return;
  const stream = new EventSource(address);
  streams.set(article.id, stream);
  stream.addEventListener("grow", (event) => {
    const growing = document.querySelector(`#${article.id} .growing`);
    if (!growing) return;
    const follows = nearEnd();
    growing.innerHTML = JSON.parse(event.data);
    if (follows) toEnd();
  });
  stream.addEventListener("done", (event) => {
    close(article.id);
    const follows = nearEnd();
    put(article.id, parsed(JSON.parse(event.data)).querySelector("article"));
    if (follows) toEnd();
  });
  stream.onerror = () => {
    // The browser opens it again by itself, unless it was refused; then the page as it stands tells why.
    if (stream.readyState === EventSource.CLOSED && streams.get(article.id) === stream) {
      close(article.id);
      setTimeout(() => location.reload(), 3000);
    }
  };
}

function close(id) {
  streams.get(id)?.close();
  streams.delete(id);
}

function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

// Puts an element in the place of the one with its id; who had the focus in there keeps it as near as can be.
function put(id, element) {
  const old = document.getElementById(id);
  if (!old || !element) return;
  const had = old.contains(document.activeElement) ? document.activeElement : null;
  close(id);
  old.replaceWith(element);
  if (had) {
    const same = had.name && element.querySelector(`[name="${had.name}"][value="${had.value}"]`);
    (element.querySelector(".reasons input:not([type=hidden])") || same || element).focus({ preventScroll: true });
  }
  begin(element);
}

function nearEnd() {
  const page = document.documentElement;
  return page.scrollHeight - page.scrollTop - page.clientHeight < 160;
}

function toEnd() {
  window.scrollTo({ top: document.documentElement.scrollHeight });
}

async function send(form, button) {
  // Not by disabling its buttons: the one that was pressed would lose the focus.
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.append(button.name, button.value);
  let response, text;
  try {
    response = await fetch(form.getAttribute("action"), { method: "POST", body: fields });
    text = await response.text();
  } catch {
    form.removeAttribute("aria-busy");
    tell(form, document.body.dataset.lost);
    return;
  }
  const there = parsed(text);
  const part = form.dataset.swap === "main" ? null : there.getElementById(form.dataset.swap);
  if (part) {
    put(form.dataset.swap, part);
    return;
  }
  for (const id of [...streams.keys()]) close(id);
  document.title = there.title;
  document.getElementById("main").replaceWith(there.getElementById("main"));
  if (response.redirected && new URL(response.url).pathname !== location.pathname) {
    history.pushState({}, "", response.url);
    path = location.pathname;
  }
  begin(document);
  document.getElementById("question")?.focus({ preventScroll: true });
  toEnd();
}

function tell(form, words) {
  const notice = form.querySelector("[role=alert]") || document.createElement("p");
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  notice.textContent = words;
  if (!notice.isConnected) form.prepend(notice);
}

function grow(box) {
  box.classList.toggle("tall", box.value.includes("\n") || box.scrollHeight > box.clientHeight + 2);
  box.rows = Math.min(8, Math.max(1, box.value.split("\n").length));
}

async function copy(link) {
  const words = link.dataset.copy;
  let copied = true;
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // Outside of HTTPS and of this machine browsers have no clipboard; a selection can still be copied.
    const box = document.createElement("textarea");
    box.value = words;
    box.className = "unseen";
    document.body.append(box);
    box.select();
    copied = document.execCommand("copy");
    box.remove();
    link.focus();
  }
  if (!copied) {
    location.href = link.href;
    return;
  }
  const label = link.textContent;
  link.textContent = document.body.dataset.copied;
  link.setAttribute("role", "status");
  setTimeout(() => {
    link.textContent = label;
    link.removeAttribute("role");
  }, 1500);
}

function begin(root) {
  if (root.matches?.("article[data-events]")) listen(root);
  for (const article of root.querySelectorAll("article[data-events]")) listen(article);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.swap) return;
  event.preventDefault();
  const box = form.querySelector("[data-enter]");
  if (box && !box.value.trim()) {
    box.focus();
    return;
  }
  send(form, event.submitter);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches?.("[data-enter]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-enter]")) grow(event.target);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-copy]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  copy(link);
});

// Only what `send` has put into the history is no page of the browser's own.
window.addEventListener("popstate", () => {
  if (location.pathname !== path) location.reload();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

begin(document);
