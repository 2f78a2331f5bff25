"use strict";
// Small helpers. Text from the data only ever becomes text nodes and attribute values, never markup.

const DATA = JSON.parse(document.getElementById("data").textContent);
const REPORT = DATA.report;
const KINDS = {
  missed: "missed: only in gold",
  spurious: "spurious: only predicted",
  label: "label: same edges, other label",
  boundary: "boundary: same label, other edges",
  both: "both: other label and edges",
};
// Hues far apart for the labels that stand beside each other most.
const HUES = { AGENCY: 255, ORG: 200, PLACE: 150, CAMPAIGN: 65, PERSON: 310, LAW: 20 };

const byId = (id) => document.getElementById(id);
const percent = (value) => (100 * value).toFixed(1);
const nameOf = (label) => (Object.hasOwn(DATA.names, label) ? DATA.names[label] : "");

function hueOf(label) {
  if (Object.hasOwn(HUES, label)) return HUES[label];
  let hue = 0;
  for (const char of label) hue = (hue * 31 + char.codePointAt(0)) % 360;
  return hue;
}

function append(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "hue" || key === "value") node.style.setProperty("--" + key, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const el = (tag, attributes, ...children) => append(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  append(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** A label or topic with its Chinese name. */
function named(label) {
  const name = nameOf(label);
  return name ? [label, " ", el("span", { class: "zh", lang: "zh" }, name)] : [label];
}

const swatch = (label) => el("span", { class: "swatch", hue: hueOf(label), "aria-hidden": "true" });

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
