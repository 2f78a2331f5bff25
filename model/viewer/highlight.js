"use strict";
// Names marked in their text. What data hold becomes text nodes and attribute values, never markup.

// Hues far apart for the labels that stand beside each other most.
const HUES = { AGENCY: 255, ORG: 200, PLACE: 150, CAMPAIGN: 65, PERSON: 310, LAW: 20 };

function hueOf(label) {
  if (Object.hasOwn(HUES, label)) return HUES[label];
  let hue = 0;
  for (const char of label) hue = (hue * 31 + char.codePointAt(0)) % 360;
  return hue;
}

/** Attributes that are null or false are left out; `hue` and `value` become variables of the style. */
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
const byId = (id) => document.getElementById(id);
const swatch = (label) => el("span", { class: "swatch", hue: hueOf(label), "aria-hidden": "true" });

/** The mark of one span: `{label, score?}` around its content. */
function nameMark({ label, score }, content) {
  const title = score === undefined ? label : `${label} ${score.toFixed(2)}`;
  return el("mark", { class: "span", hue: hueOf(label), "data-label": label, title }, content);
}

/** An article as `Article.to_dict` gives it → a `div.text`: a `p` for each line that isn't blank, with its names. */
function highlight({ text, entities }, mark = nameMark) {
  const spans = entities.slice().sort(byPlace);
  // Offsets count code points, JavaScript's own count UTF-16 units.
  const characters = Array.from(text);
  const lines = [];
  for (let start = 0; start <= characters.length;) {
    const end = characters.indexOf("\n", start) < 0 ? characters.length : characters.indexOf("\n", start);
    if (characters.slice(start, end).some((char) => char.trim())) {
      const cut = spans.filter((span) => span.start < end && span.end > start)
        .map((span) => ({ ...span, start: Math.max(span.start, start), end: Math.min(span.end, end) }));
      lines.push(el("p", {}, marked(characters, cut, start, end, mark)));
    }
    start = end + 1;
  }
  return el("div", { class: "text", lang: "zh" }, lines);
}

/** A short first line without a full stop is one. */
const isHeadline = (line) => line.length <= 50 && !/[。！？；]$/.test(line.trim());

const byPlace = (a, b) => a.start - b.start || b.end - a.end;

/** The characters from `start` to `end` with their spans (by start, the longer first), nested ones inside. */
function marked(characters, spans, start, end, mark) {
  const nodes = [];
  const queue = spans.slice();
  let position = start;
  while (queue.length) {
    const span = queue.shift();
    const inside = [], behind = [];
    while (queue.length && queue[0].start < span.end) {
      const other = queue.shift();
      // Where spans cross, the later one is drawn in two pieces.
      inside.push({ ...other, end: Math.min(other.end, span.end) });
      if (other.end > span.end) behind.push({ ...other, start: span.end });
    }
    queue.unshift(...behind);
    queue.sort(byPlace);
    nodes.push(characters.slice(position, span.start).join(""));
    nodes.push(mark(span, marked(characters, inside, span.start, span.end, mark)));
    position = span.end;
  }
  nodes.push(characters.slice(position, end).join(""));
  return nodes.filter((node) => node !== "");
}
