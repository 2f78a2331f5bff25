"use strict";
// Filters: kept in one state, mirrored in the address.

const state = { topic: new Set(), label: new Set(), least: 0, most: 1, q: "" };

const narrowed = () => state.label.size > 0 || state.least > 0 || state.most < 1;
const wants = ({ label, score }) =>
  (!state.label.size || state.label.has(label)) && score >= state.least && score <= state.most;

function wantsArticle(article) {
  if (state.topic.size && !state.topic.has(article.topic)) return false;
  if (narrowed() && !article.entities.some(wants)) return false;
  return article.sought.includes(state.q.trim().toLowerCase());
}

function apply() {
  const found = DATA.articles.filter(wantsArticle);
  byId("status").textContent = word("status")(grouped(found.length), grouped(DATA.articles.length));
  for (const choice of document.querySelectorAll(".choice")) {
    choice.setAttribute("aria-pressed", state[choice.dataset.filter].has(choice.dataset.value));
  }
  for (const name of ["least", "most"]) {
    byId(name).value = state[name];
    byId(name).nextElementSibling.textContent = state[name].toFixed(2);
  }
  byId("clear").hidden = !narrowed() && !state.topic.size && !state.q;
  show(found);
}

function change(values) {
  Object.assign(state, values);
  writeAddress();
  apply();
}

function readAddress() {
  const values = new URLSearchParams(location.hash.slice(1));
  const many = (name, known) => new Set((values.get(name) || "").split(",").filter((value) => known.includes(value)));
  const share = (name, otherwise) => {
    const value = parseFloat(values.get(name));
    return value >= 0 && value <= 1 ? value : otherwise;
  };
  if (Object.hasOwn(WORDS, values.get("lang"))) language = values.get("lang");
  if (["light", "dark"].includes(values.get("theme"))) document.documentElement.dataset.theme = values.get("theme");
  Object.assign(state, {
    topic: many("topic", DATA.topics), label: many("label", DATA.labels),
    least: share("least", 0), most: share("most", 1), q: values.get("q") || "",
  });
  byId("q").value = state.q;
}

function writeAddress() {
  const values = new URLSearchParams();
  for (const name of ["topic", "label"]) if (state[name].size) values.set(name, [...state[name]].join(","));
  if (state.least > 0) values.set("least", state.least);
  if (state.most < 1) values.set("most", state.most);
  if (state.q) values.set("q", state.q);
  history.replaceState(null, "", "#" + values);
}

/** The choices of one filter, with how many articles have each. */
function drawChoices(filter, values, mark, has) {
  byId(`${filter}s`).replaceChildren(...values.map((value) => {
    const count = DATA.articles.filter((article) => has(article, value)).length;
    const node = el("button", { type: "button", class: "choice", "data-filter": filter, "data-value": value },
      el("span", {}, mark(value), nameOf(value)), el("span", { class: "count" }, grouped(count)));
    node.addEventListener("click", () => {
      if (!state[filter].delete(value)) state[filter].add(value);
      change({});
    });
    return node;
  }));
}

function drawAll() {
  sayAll();
  const names = DATA.articles.reduce((sum, article) => sum + article.entities.length, 0);
  byId("dateline").textContent = word("about")(grouped(DATA.articles.length), grouped(names));
  drawChoices("topic", DATA.topics, () => null, (article, topic) => article.topic === topic);
  drawChoices("label", DATA.labels, swatch, (article, label) => article.entities.some((span) => span.label === label));
  apply();
}

function start() {
  themes();
  byId("title").textContent = document.title;
  byId("more").open = matchMedia("(min-width: 761px)").matches;
  readAddress();
  drawAll();
  drawOnScroll();
  byId("q").addEventListener("input", (event) => change({ q: event.target.value }));
  for (const name of ["least", "most"]) {
    byId(name).addEventListener("input", (event) => change({ [name]: Number(event.target.value) }));
  }
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", () => {
    byId("q").value = "";
    change({ topic: new Set(), label: new Set(), least: 0, most: 1, q: "" });
  });
  byId("list").addEventListener("click", ({ target }) => {
    const name = target.closest("[data-name]")?.dataset.name;
    if (name === undefined) return;
    byId("q").value = name;
    change({ q: name });
    scrollTo({ top: 0 });
  });
  byId("language").addEventListener("click", () => {
    language = other();
    drawAll();
  });
  addEventListener("hashchange", () => { readAddress(); drawAll(); });
  addEventListener("keydown", keys);
}

start();
