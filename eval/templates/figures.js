"use strict";
// The header and the tables.

function track(value, interval, ceiling) {
  const at = (fraction) => (100 * fraction).toFixed(2) + "%";
  const box = (name, left, width) => {
    const node = el("i", { class: name });
    node.style.left = at(left);
    if (width !== undefined) node.style.width = at(width);
    return node;
  };
  return el("div", { class: "track", "aria-hidden": "true" },
    box("fill", 0, value),
    interval ? box("range", interval[0], interval[1] - interval[0]) : null,
    typeof ceiling === "number" ? box("ceiling", ceiling) : null);
}

function card(title, value, note, interval, ceiling) {
  return el("div", { class: "card" },
    el("h2", {}, title), el("p", { class: "figure" }, percent(value)), track(value, interval, ceiling),
    el("p", { class: "note" }, note));
}

const range = (interval) => (interval ? `95 % ${percent(interval[0])} – ${percent(interval[1])}` : "");

function drawHeader() {
  byId("model").append(REPORT.model);
  const { gold, predicted } = REPORT.strict;
  byId("about").append(`on ${REPORT.data} · ${REPORT.articles} articles · ${gold} gold spans, ${predicted} predicted`);
  const ceiling = REPORT.ceiling === null ? "" : `two annotators ${percent(REPORT.ceiling)}`;
  const interval = REPORT.strict_interval;
  const sure = [range(interval), ceiling].filter(Boolean).join(" · ");
  const cards = [card("Strict span F1", REPORT.strict.f1, sure, interval, REPORT.ceiling)];
  if (REPORT.topics) {
    const note = [range(REPORT.topics.interval), `${REPORT.topics.articles} articles`].join(" · ");
    cards.push(card("Topic accuracy", REPORT.topics.accuracy, note, REPORT.topics.interval));
  }
  cards.push(card("Nested spans", REPORT.nested.f1, `strict F1 · ${REPORT.nested.gold} in gold`));
  if (REPORT.unseen) {
    cards.push(card("Unseen names", REPORT.unseen.f1,
      `strict F1 · ${REPORT.unseen.gold} in gold · seen names ${percent(REPORT.seen.f1)}`));
  }
  byId("cards").append(...cards);
}

const scoreCells = (score) =>
  [bar(score.f1), percent(score.precision), percent(score.recall), score.gold, score.predicted];
const SCORE_HEADS = ["F1", "Precision", "Recall", "Gold", "Predicted"];

function drawTables() {
  byId("labels").append(table("Strict: label and edges are right.", ["Label", ...SCORE_HEADS],
    Object.entries(REPORT.labels).map(([label, score]) => [[swatch(label), ...named(label)], ...scoreCells(score)])));

  const rows = ["strict", "boundary", "type", "partial", "nested", "seen", "unseen"].filter((name) => REPORT[name]);
  const meaning = {
    strict: "edges and label", boundary: "edges alone", type: "label and an overlap",
    partial: "overlap counts half", nested: "strict, inside another span",
    seen: "strict, names in training", unseen: "strict, all other names",
  };
  byId("schemes").append(table("Micro averages over all spans.", ["Counted", ...SCORE_HEADS],
    rows.map((name) => [[name, " ", el("span", { class: "zh" }, meaning[name])], ...scoreCells(REPORT[name])])));

  if (REPORT.peers) {
    byId("peers").hidden = false;
    const peers = Object.entries(REPORT.peers).sort((a, b) => b[1] - a[1]);
    byId("peers").append(table("Strict F1 on what all of them know: outermost persons, places and organisations.",
      ["Tool", "F1"],
      [[el("strong", {}, REPORT.model), bar(REPORT.flat.f1)], ...peers.map(([name, f1]) => [name, bar(f1)])]));
  }
  if (REPORT.topics) {
    byId("topics").hidden = false;
    byId("topics").append(table("By the topic of the gold articles.",
      ["Topic", "F1", "Precision", "Recall", "Articles"],
      Object.entries(REPORT.topics.per_topic).map(([topic, score]) =>
        [named(topic), bar(score.f1), percent(score.precision), percent(score.recall), score.support])));
  }
}
