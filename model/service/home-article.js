"use strict";
// How an article is set, one alone or one of a page.

/** What people call a label; without a name, itself. */
function nameOf(label, names) {
  const name = names.find((each) => each.label === label);
  return name ? name[language] : label;
}

/** The mark of a name, with what is known of it on hover. */
function markWith(names) {
  return (span, content) => {
    const node = nameMark(span, content);
    const place = span.place ? ` · ${span.place.path.join(" ")}` : "";
    node.title = `${nameOf(span.label, names)} ${span.label} ${span.score.toFixed(2)}${place}`;
    return node;
  };
}

/** The text of one article: a paragraph a line; the first may be a headline. */
function setText(article, mark) {
  const text = highlight(article, mark);
  const [first, second] = text.children;
  const line = second ? first.textContent.trim() : "";
  if (line && isHeadline(line)) first.className = "headline";
  return text;
}

/** The text of one article of a page: its title, byline and paragraphs, without the breaks inside sentences. */
function setParts(characters, article, mark) {
  const parts = [[article.title, "headline"], ...article.subheads.map((part) => [part, "subhead"]),
    ...article.byline.map((part) => [part, "byline"]), ...article.body.map((part) => [part, null])];
  const lines = parts.filter(([part]) => part).sort(([a], [b]) => a.start - b.start).map(([part, kind]) => {
    mend(characters, part);
    const spans = article.entities.filter((span) => span.start < part.end && span.end > part.start)
      .map((span) => ({ ...span, start: Math.max(span.start, part.start), end: Math.min(span.end, part.end) }));
    return el("p", { class: kind }, marked(characters, spans, part.start, part.end, mark));
  });
  return el("div", { class: "text", lang: "zh" }, lines);
}

/** Empty the characters of the page that the part's text leaves out; offsets stay. */
function mend(characters, part) {
  const text = Array.from(part.text);
  let next = 0;
  for (let place = part.start; place < part.end; place++) {
    if (characters[place] === text[next]) next++;
    else characters[place] = "";
  }
}

/** The topics that have a share in it, and the names by label, each once. */
function setMargin(article, names) {
  const topics = article.topics.filter(({ score }, place) => place === 0 || (score >= 0.02 && place < 4)).map((topic) =>
    el("dd", { class: "topic" }, el("span", {}, topic[language === "zh" ? "name_zh" : "name_en"]),
      el("small", {}, topic.score.toFixed(2)), el("i", { class: "bar", value: topic.score, "aria-hidden": "true" })));
  const byLabel = new Map(names.map(({ label }) => [label, new Map()]));
  for (const { label, text } of article.entities) {
    const counts = byLabel.get(label) || byLabel.set(label, new Map()).get(label);
    counts.set(text, (counts.get(text) || 0) + 1);
  }
  const labels = [...byLabel].filter(([, counts]) => counts.size).map(([label, counts]) =>
    el("div", { "data-label": label }, el("dt", {}, swatch(label), nameOf(label, names)),
      el("dd", { lang: "zh" }, [...counts].map(([name, count]) =>
        el("span", { class: "name" }, name, count > 1 ? el("span", { class: "count" }, count) : null, " ")))));
  return el("dl", { class: "names" },
    topics.length ? el("div", { class: "topics" }, el("dt", {}, word("topics")), topics) : null, labels);
}

function setArticle(article, text, names) {
  const [topic] = article.topics;
  const kicker = topic && el("p", { class: "kicker" }, topic[language === "zh" ? "name_zh" : "name_en"],
    el("small", {}, topic.score.toFixed(2)));
  return el("article", {}, kicker, text, setMargin(article, names));
}

/** An answer of `predict` or `predict/page` → its articles, and what belongs to none. */
function setAnswer(answer, names) {
  const mark = markWith(names);
  if (!answer.articles) return [setArticle(answer, setText(answer, mark), names)];
  const characters = Array.from(answer.text);
  for (const part of answer.furniture) characters.fill("", part.start, part.end);
  const articles = answer.articles.map((article) => setArticle(article, setParts(characters, article, mark), names));
  if (!articles.length) articles.push(el("p", { class: "none" }, word("none")));
  if (answer.furniture.length) {
    articles.push(el("aside", { class: "rest" }, el("h2", {}, word("rest")),
      el("ul", { lang: "zh" }, answer.furniture.map((part) => el("li", {}, part.text)))));
  }
  return articles;
}
