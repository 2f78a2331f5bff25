"use strict";
// Small helpers, on those of highlight.js.

const DATA = JSON.parse(document.getElementById("data").textContent);
const REPORT = DATA.report;
const KINDS = {
  missed: "missed: only in gold",
  spurious: "spurious: only predicted",
  label: "label: same edges, other label",
  boundary: "boundary: same label, other edges",
  both: "both: other label and edges",
};

const percent = (value) => (100 * value).toFixed(1);
const nameOf = (label) => (Object.hasOwn(DATA.names, label) ? DATA.names[label] : "");

const svg = (tag, attributes, ...children) =>
  append(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** A label or topic with its Chinese name. */
function named(label) {
  const name = nameOf(label);
  return name ? [label, " ", el("span", { class: "zh", lang: "zh" }, name)] : [label];
}

/** A table of rows; each cell is a value or a node, the first one heads its row. */
function table(caption, heads, rows) {
  const head = heads.map((text, column) => el("th", { scope: "col", class: column ? "number" : null }, text));
  const body = rows.map(([first, ...cells]) =>
    el("tr", {}, el("th", { scope: "row" }, first), cells.map((cell) => el("td", { class: "number" }, cell))));
  return el("div", { class: "scroll" },
    el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, head)), el("tbody", {}, body)));
}

/** A figure of 0 to 1 over a thin bar. */
const bar = (value) => el("span", { class: "bar", value }, percent(value));
