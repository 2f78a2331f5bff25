"use strict";
// The desk: a text goes in, the answer is shown beside it.

const hidden = new Set(); // labels that the legend has switched off
let model = { labels: [], topics: [], max_characters: null, max_body: Infinity };
let answer = null; // the last one, with the seconds it took
let asked = null; // aborts the request on its way

function tellTrouble(...parts) {
  byId("trouble").textContent = parts.filter(Boolean).join(" ");
  byId("trouble").hidden = !parts.length;
}

function tellSize() {
  const { length } = Array.from(byId("text").value);
  const most = model.max_characters;
  byId("size").textContent = length && most ? word("size")(grouped(length), grouped(most)) : "";
  byId("size").classList.toggle("over", most !== null && length > most);
}

async function ask() {
  const text = byId("text").value;
  if (!text.trim()) return tellTrouble(word("empty"));
  asked?.abort();
  const mine = asked = new AbortController();
  const kind = document.querySelector("[name=kind]:checked").value;
  tellTrouble();
  byId("go").setAttribute("aria-busy", "true");
  byId("status").textContent = word("working");
  const began = performance.now();
  try {
    const response = await fetch(kind === "page" ? "predict/page" : "predict", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text }),
      signal: mine.signal,
    });
    const record = await response.json();
    if (!response.ok) return tellTrouble(word("trouble")[response.status], `${record.error}; ${record.cure}`);
    show({ record, seconds: (performance.now() - began) / 1000 });
    const { top } = byId("results").getBoundingClientRect();
    if (top < 0 || top > 0.7 * innerHeight) byId("results").scrollIntoView();
  } catch {
    if (!mine.signal.aborted) tellTrouble(word("offline"));
  } finally {
    if (asked === mine) {
      asked = null;
      byId("go").removeAttribute("aria-busy");
      if (byId("status").textContent === word("working")) show(); // the last answer stays
    }
  }
}

/** The answer; or the last one again, in another language. */
function show(next = answer) {
  if (!next) return;
  answer = next;
  const articles = answer.record.articles || [answer.record];
  const counts = new Map();
  const entities = articles.flatMap((article) => article.entities);
  for (const { label } of entities) counts.set(label, (counts.get(label) || 0) + 1);
  const size = [grouped(articles.length), grouped(entities.length), answer.seconds.toFixed(2)];
  byId("list").replaceChildren(...setAnswer(answer.record, model.labels));
  byId("legend").replaceChildren(...model.labels.filter(({ label }) => counts.has(label)).map(({ label }) =>
    el("button", { type: "button", "data-label": label, "aria-pressed": String(!hidden.has(label)) },
      swatch(label), nameOf(label, model.labels), el("span", { class: "count" }, counts.get(label)))));
  byId("status").textContent = word("status")(...size);
  dim();
  document.body.classList.remove("fresh");
  byId("results").hidden = false;
}

function dim() {
  for (const node of byId("list").querySelectorAll("[data-label]")) {
    node.classList.toggle("dim", hidden.has(node.dataset.label));
  }
}

/** A chip of the legend shows its label, or not. */
function toggle(chip) {
  const { label } = chip.dataset;
  if (!hidden.delete(label)) hidden.add(label);
  chip.setAttribute("aria-pressed", String(!hidden.has(label)));
  dim();
}

async function take(file) {
  if (!file) return;
  if (file.size > model.max_body) return tellTrouble(word("tooLarge"));
  const bytes = await file.arrayBuffer();
  for (const encoding of ["utf-8", "gb18030"]) {
    try {
      byId("text").value = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      tellSize();
      return tellTrouble();
    } catch { /* the next one */ }
  }
  tellTrouble(word("unread"));
}

async function copy() {
  const text = JSON.stringify(answer.record, null, 2);
  try {
    await navigator.clipboard.writeText(text);
  } catch { // only pages from this machine or over https may use it
    const holder = document.body.appendChild(el("textarea", { class: "unseen" }, text));
    holder.select();
    document.execCommand("copy");
    holder.remove();
  }
  byId("copy").textContent = word("copied");
  setTimeout(() => { byId("copy").textContent = word("copy"); }, 1500);
}

function on(id, event, action) {
  byId(id).addEventListener(event, action);
}

on("ask", "submit", (event) => { event.preventDefault(); ask(); });
on("text", "input", tellSize);
on("open", "click", () => byId("file").click());
on("file", "change", (event) => { take(event.target.files[0]); event.target.value = ""; });
on("copy", "click", copy);
on("legend", "click", (event) => {
  const chip = event.target.closest("button");
  if (chip) toggle(chip);
});
on("example", "click", () => {
  byId("text").value = EXAMPLE;
  document.querySelector("[value=page]").checked = true;
  tellSize();
  ask();
});
on("language", "click", () => {
  language = other();
  sayAll();
  tellSize();
  show();
});
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); ask(); }
});
addEventListener("dragover", (event) => { event.preventDefault(); byId("ask").classList.add("over"); });
addEventListener("dragleave", () => byId("ask").classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  byId("ask").classList.remove("over");
  take(event.dataTransfer.files[0]);
});

themes();
sayAll();
fetch("model").then((response) => response.json()).then((known) => {
  model = known;
  tellSize();
  show();
}).catch(() => tellTrouble(word("offline")));
