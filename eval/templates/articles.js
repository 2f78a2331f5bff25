"use strict";
// The articles, gold and predicted side by side, and the list of errors.

// Offsets count code points, JavaScript's own count UTF-16 units.
const characters = new Map(DATA.articles.map((article) => [article, Array.from(article.text)]));

// Blank lines only cost room here.
const shown = (part) => part.join("").replace(/\n\s*\n/g, "\n");

/** The text from `start` to `end` with its spans (by start, the longer first), nested ones inside. */
function marked(text, spans, start, end) {
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
    queue.sort((a, b) => a.start - b.start || b.end - a.end);
    nodes.push(shown(text.slice(position, span.start)), mark(span, marked(text, inside, span.start, span.end)));
    position = span.end;
  }
  nodes.push(shown(text.slice(position, end)));
  return nodes.filter((node) => node !== "");
}

function mark(span, content) {
  const { kind, gold, predicted } = span.pair;
  return el("mark", {
    class: "span", hue: hueOf(span.label), "data-label": span.label, "data-kind": kind, "data-pair": span.number,
    tabindex: kind === "correct" ? null : "0", role: kind === "correct" ? null : "note",
    "aria-label": kind === "correct" ? null : describe(gold, predicted, kind),
    "data-tip": describe(gold, predicted, kind),
  }, content);
}

function describe(gold, predicted, kind) {
  const lines = [kind];
  if (gold) lines.push(`gold ${gold.label} ${gold.text} ${where(gold)}`);
  if (predicted) lines.push(`predicted ${predicted.label} ${predicted.text} ${where(predicted)}`);
  return lines.join("\n");
}

function where({ start, end, score }) {
  return `[${start}, ${end})` + (score === undefined ? "" : ` score ${score.toFixed(3)}`);
}

function side(article, name) {
  const spans = article.pairs
    .map((pair, number) => pair[name] && { ...pair[name], pair, number })
    .filter(Boolean)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const text = characters.get(article);
  return el("div", { class: "side", "data-side": name },
    el("h4", {}, name), el("div", { class: "text", lang: "zh" }, marked(text, spans, 0, text.length)));
}

function topicOf({ gold, predicted, score }) {
  if (gold === null) return predicted === null ? null : el("p", { class: "topic" }, named(predicted));
  if (predicted === null) return el("p", { class: "topic" }, named(gold));
  const certain = el("span", { class: "note" }, `score ${score.toFixed(2)}`);
  if (gold === predicted) return el("p", { class: "topic right" }, "✓ ", named(gold), " ", certain);
  return el("p", { class: "topic wrong" }, "✗ ", named(predicted), " instead of ", named(gold), " ", certain);
}

function strictF1(pairs) {
  const spans = pairs.reduce((sum, pair) => sum + (pair.gold ? 1 : 0) + (pair.predicted ? 1 : 0), 0);
  return spans ? (2 * pairs.filter((pair) => pair.kind === "correct").length) / spans : null;
}

function drawArticle(article, number) {
  const f1 = strictF1(article.pairs);
  const errors = article.pairs.filter((pair) => pair.kind !== "correct").length;
  const figures = f1 === null ? "no spans" : `F1 ${percent(f1)} · ${errors} error${errors === 1 ? "" : "s"}`;
  return el("article", { class: "article", tabindex: "-1", "aria-labelledby": `article-${number}` },
    el("header", {}, el("h3", { id: `article-${number}` }, article.id), topicOf(article.topic),
      el("p", { class: "note" }, figures)),
    el("div", { class: "sides" }, side(article, "gold"), side(article, "predicted")));
}

function drawError(error) {
  const note = (text) => el("span", { class: "note" }, text);
  const answer = (name, span) => el("div", { class: "answer" }, note(name), " ", span
    ? [swatch(span.label), el("b", {}, span.label), " ", el("span", { lang: "zh" }, span.text), " ", note(where(span))]
    : "–");
  return el("div", { class: "error" },
    el("div", { class: "where" }, el("span", { class: "kind" }, error.kind), el("span", {}, error.article)),
    el("p", { class: "context", lang: "zh" }, error.before, el("b", {}, error.text), error.after),
    el("div", { class: "answers" }, answer("gold", error.gold), answer("predicted", error.predicted)));
}

/** One tip for all spans, shown on hover and focus; the other side's answer lights up with it. */
function tips() {
  const tip = byId("tip");
  const partners = (node) => node.closest(".sides").querySelectorAll(`mark[data-pair="${node.dataset.pair}"]`);
  let current = null;
  const hide = () => {
    if (current) partners(current).forEach((node) => node.classList.remove("partner"));
    current = null;
    tip.hidden = true;
  };
  const show = (event) => {
    const node = event.target.closest?.("mark.span");
    if (node === current) return;
    hide();
    if (!node) return;
    current = node;
    partners(node).forEach((each) => each.classList.add("partner"));
    tip.textContent = node.dataset.tip;
    tip.hidden = false;
    const box = node.getClientRects()[0], width = tip.offsetWidth, height = tip.offsetHeight;
    tip.style.left = Math.max(8, Math.min(box.left, innerWidth - width - 8)) + "px";
    tip.style.top = (box.top > height + 12 ? box.top - height - 8 : box.bottom + 8) + "px";
  };
  byId("list").addEventListener("mouseover", show);
  byId("list").addEventListener("focusin", show);
  byId("list").addEventListener("mouseleave", hide);
  byId("list").addEventListener("focusout", hide);
  addEventListener("scroll", hide, { passive: true });
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
}
