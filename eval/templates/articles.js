"use strict";
// The articles, gold and predicted side by side, and the list of errors.

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
    .filter(Boolean);
  return el("div", { class: "side", "data-side": name },
    el("h4", {}, name), highlight({ text: article.text, entities: spans }, mark));
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
