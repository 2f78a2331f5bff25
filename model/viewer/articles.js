"use strict";
// The articles: each drawn when it is about to be seen.

const DATA = JSON.parse(document.getElementById("data").textContent);
const BATCH = 12;

for (const article of DATA.articles) {
  article.entities = article.names.map(
    ([start, end, label, score, ...notes]) => ({ start, end, label, score, notes }));
  article.sought = `${article.title || ""}\n${article.id || ""}\n${article.text}`.replaceAll("\u2060", "").toLowerCase();
}

/** The name's mark; those that the filters leave out stay plain. */
function viewMark(span, content) {
  const node = nameMark(span, content);
  node.title = [`${nameOf(span.label)} ${span.label} ${span.score.toFixed(2)}`, ...span.notes].join(" · ");
  node.classList.toggle("dim", !wants(span));
  return node;
}

function drawArticle(article) {
  const text = highlight(article, viewMark);
  const [first, second] = text.children;
  if (article.title) text.prepend(el("p", { class: "headline" }, article.title));
  else if (second && isHeadline(first.textContent)) first.className = "headline";
  const kicker = [article.id && el("small", {}, article.id)];
  if (article.topic) kicker.unshift(nameOf(article.topic), el("small", {}, article.score.toFixed(2)));
  const name = Array.from(article.title || article.text).slice(0, 40).join("");
  return el("article", { tabindex: "-1", "aria-label": name },
    el("p", { class: "kicker" }, kicker.filter(Boolean)), text, drawNames(article));
}

/** The names of an article by label, each once; a click looks for it. */
function drawNames(article) {
  const characters = Array.from(article.text);
  const byLabel = new Map();
  for (const span of article.entities.filter(wants)) {
    const name = characters.slice(span.start, span.end).join("").replaceAll("\u2060", "");
    const counts = byLabel.get(span.label) || new Map();
    byLabel.set(span.label, counts.set(name, (counts.get(name) || 0) + 1));
  }
  const labels = DATA.labels.filter((label) => byLabel.has(label));
  return el("dl", { class: "names" }, labels.map((label) => [
    el("dt", {}, swatch(label), nameOf(label)),
    el("dd", { lang: "zh" }, [...byLabel.get(label)].map(([name, count]) =>
      el("button", { type: "button", "data-name": name }, name,
        count > 1 ? el("span", { class: "count" }, ` ${count}`) : null))),
  ]).flat());
}

let waiting = [];

/** Show these articles, the first ones at once and the others when the page is scrolled to them. */
function show(articles) {
  waiting = articles.slice();
  byId("list").replaceChildren();
  if (!waiting.length) byId("list").append(el("p", { class: "none" }, word("none")));
  drawMore(BATCH);
}

function drawMore(count) {
  byId("list").append(...waiting.splice(0, count).map(drawArticle));
  markFound();
}

function drawOnScroll() {
  const near = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting || !waiting.length) return;
    drawMore(BATCH);
    near.unobserve(byId("rest")); // to be asked again, should the end still be near
    near.observe(byId("rest"));
  }, { rootMargin: "1500px" });
  near.observe(byId("rest"));
  addEventListener("beforeprint", () => drawMore(waiting.length));
}

/** Light up what is searched for, wherever names cut it into pieces. */
function markFound() {
  if (!CSS.highlights) return;
  CSS.highlights.delete("found");
  const sought = state.q.trim().toLowerCase();
  if (!sought) return;
  const lines = [...document.querySelectorAll(".text p")];
  CSS.highlights.set("found", new Highlight(...lines.flatMap((line) => rangesOf(line, sought))));
}

function rangesOf(line, sought) {
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  const pieces = [], ranges = [];
  for (let end = 0; walker.nextNode();) {
    const node = walker.currentNode, start = end;
    end += node.length;
    pieces.push({ node, start, end });
  }
  const place = (at) => {
    const { node, start } = pieces.find((piece) => at <= piece.end);
    return [node, at - start];
  };
  const text = line.textContent.toLowerCase();
  for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + sought.length)) {
    const range = new Range();
    range.setStart(...place(at));
    range.setEnd(...place(at + sought.length));
    ranges.push(range);
  }
  return ranges;
}
