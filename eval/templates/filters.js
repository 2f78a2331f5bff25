"use strict";
// Filters: kept in one state, mirrored in the address, applied to both views.

const state = { label: new Set(), kind: new Set(), topic: "all", view: "articles", q: "" };
let drawn = { articles: [], errors: [] };

function readAddress() {
  if (location.hash === "#articles") return; // the skip link
  const values = new URLSearchParams(location.hash.slice(1));
  const many = (name, known) =>
    new Set((values.get(name) || "").split(",").filter((value) => Object.hasOwn(known, value)));
  state.label = many("label", REPORT.labels);
  state.kind = many("kind", KINDS);
  state.topic = ["right", "wrong"].includes(values.get("topic")) ? values.get("topic") : "all";
  state.view = values.get("view") === "errors" ? "errors" : "articles";
  state.q = values.get("q") || "";
  byId("q").value = state.q;
  if (["light", "dark"].includes(values.get("theme"))) document.documentElement.dataset.theme = values.get("theme");
}

function writeAddress() {
  const values = new URLSearchParams();
  for (const name of ["label", "kind"]) if (state[name].size) values.set(name, [...state[name]].join(","));
  if (state.topic !== "all") values.set("topic", state.topic);
  if (state.view !== "articles") values.set("view", state.view);
  if (state.q) values.set("q", state.q);
  history.replaceState(null, "", "#" + values);
}

const wantsLabel = (...spans) => !state.label.size || spans.some((span) => span && state.label.has(span.label));
const wantsKind = (kind) => !state.kind.size || state.kind.has(kind);
const wants = (pair) => wantsKind(pair.kind) && wantsLabel(pair.gold, pair.predicted);

function wantsArticle(article) {
  const { gold, predicted } = article.topic;
  if (state.topic !== "all" && (gold === null || (gold === predicted) !== (state.topic === "right"))) return false;
  const sought = state.q.trim().toLowerCase();
  return !sought || article.text.toLowerCase().includes(sought) || article.id.toLowerCase().includes(sought);
}

function apply() {
  const narrowed = state.label.size > 0 || state.kind.size > 0;
  let articles = 0, spans = 0;
  for (const { node, article } of drawn.articles) {
    const chosen = article.pairs.map(wants);
    const count = chosen.filter(Boolean).length;
    node.hidden = !wantsArticle(article) || (narrowed && !count);
    if (node.hidden) continue;
    articles += 1;
    spans += count;
    for (const each of node.querySelectorAll("mark.span")) each.classList.toggle("dim", !chosen[each.dataset.pair]);
  }
  const shown = new Set(drawn.articles.filter(({ article }) => wantsArticle(article)).map(({ article }) => article.id));
  let errors = 0;
  for (const { node, error } of drawn.errors) {
    node.hidden = !wants(error) || !shown.has(error.article);
    errors += node.hidden ? 0 : 1;
  }
  byId("list").hidden = state.view === "errors";
  byId("error-list").hidden = state.view !== "errors";
  const noun = (narrowed ? "matching " : "") + (spans === 1 ? "span" : "spans");
  byId("status").textContent = state.view === "errors"
    ? `${errors} of ${drawn.errors.length} errors`
    : `${articles} of ${drawn.articles.length} articles, ${spans} ${noun}`;
  for (const chip of document.querySelectorAll(".chip")) {
    const { filter, value } = chip.dataset;
    const on = state[filter] instanceof Set ? state[filter].has(value) : state[filter] === value;
    chip.setAttribute("aria-pressed", on);
  }
}

function change(action) {
  action();
  writeAddress();
  apply();
}

function chip(filter, value, content, attributes) {
  const fixed = { type: "button", class: "chip", "data-filter": filter, "data-value": value };
  const node = el("button", { ...fixed, ...attributes }, content);
  node.addEventListener("click", () => change(() => {
    if (!(state[filter] instanceof Set)) state[filter] = value;
    else if (!state[filter].delete(value)) state[filter].add(value);
  }));
  return node;
}

function drawFilters() {
  byId("filter-label").append(...Object.keys(REPORT.labels).map((label) =>
    chip("label", label, [swatch(label), ...named(label)])));
  byId("filter-kind").append(...Object.entries(KINDS).map(([kind, title]) =>
    chip("kind", kind, [kind, el("span", { class: "badge" }, REPORT.kinds[kind])], { title, "data-kind": kind })));
  byId("filter-topic").append(...["all", "right", "wrong"].map((value) => chip("topic", value, value)));
  byId("filter-topic-field").hidden = !REPORT.topics;
  byId("filter-view").append(chip("view", "articles", "articles"), chip("view", "errors", "errors in context"));
  byId("q").addEventListener("input", (event) => change(() => { state.q = event.target.value; }));
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", () => change(() => {
    Object.assign(state, { label: new Set(), kind: new Set(), topic: "all", q: "" });
    byId("q").value = "";
  }));
}

function start() {
  themes();
  drawHeader();
  drawTables();
  drawConfusion();
  drawCalibration();
  drawFilters();
  drawn = {
    articles: DATA.articles.map((article, number) => ({ article, node: drawArticle(article, number) })),
    errors: REPORT.errors.map((error) => ({ error, node: drawError(error) })),
  };
  byId("list").append(...drawn.articles.map(({ node }) => node));
  byId("error-list").append(...drawn.errors.map(({ node }) => node));
  tips();
  readAddress();
  apply();
  addEventListener("hashchange", () => { readAddress(); apply(); });
  addEventListener("keydown", keys);
}

start();
