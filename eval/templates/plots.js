"use strict";
// The confusion matrix and the calibration curves, as inline SVG.

function drawConfusion() {
  if (!REPORT.topics) return;
  const { labels, confusion } = REPORT.topics;
  const cell = 30, left = 150, top = 118;
  const size = cell * labels.length;
  const most = Math.max(...confusion.flat());
  const short = (label) => nameOf(label) || label;
  const middle = (number) => number * cell + cell / 2;
  const parts = [];
  labels.forEach((label, row) => {
    parts.push(svg("text", { x: left - 8, y: top + middle(row) + 4, "text-anchor": "end" }, short(label)));
    const x = left + middle(row) + 4;
    parts.push(svg("text", { x, y: top - 8, transform: `rotate(-45 ${x} ${top - 8})` }, short(label)));
    labels.forEach((other, column) => {
      const count = confusion[row][column];
      const tone = count ? (row === column ? "right" : "wrong") : "none";
      parts.push(svg("rect", {
        x: left + column * cell + 1, y: top + row * cell + 1, width: cell - 2, height: cell - 2, rx: 4,
        class: tone, "fill-opacity": count ? 0.25 + (0.75 * count) / most : 1,
      }, svg("title", {}, `${label} predicted as ${other}: ${count}`)));
      if (count) {
        parts.push(svg("text", {
          x: left + middle(column), y: top + middle(row) + 4, "text-anchor": "middle",
          class: count > most / 2 ? "count strong" : "count",
        }, count));
      }
    });
  });
  const width = left + size + 80, height = top + size + 6;
  const wrong = REPORT.topics.articles - confusion.reduce((sum, row, number) => sum + row[number], 0);
  byId("confusion").hidden = false;
  byId("confusion").append(
    el("p", { class: "caption" }, "Rows are gold topics, columns predicted ones."),
    el("div", { class: "scroll" }, svg("svg", {
      viewBox: `0 0 ${width} ${height}`, class: "plot matrix", width, height, role: "img",
      "aria-label": `Confusion matrix of ${labels.length} topics, ${wrong} articles off the diagonal`,
    }, parts)));
}

function reliability(title, calibration) {
  const size = 220, left = 34, top = 10;
  const x = (value) => left + value * size, y = (value) => top + (1 - value) * size;
  const parts = [];
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(svg("line", { x1: x(0), x2: x(1), y1: y(tick), y2: y(tick), class: "grid" }));
    parts.push(svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, 100 * tick));
    parts.push(svg("text", { x: x(tick), y: y(0) + 16, "text-anchor": "middle" }, 100 * tick));
  }
  parts.push(svg("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "ideal" }));
  const total = calibration.bins.reduce((sum, bin) => sum + bin.count, 0);
  for (const bin of calibration.bins) {
    // The gap between what the scores claim and what is right.
    parts.push(svg("line", {
      x1: x(bin.confidence), x2: x(bin.confidence), y1: y(bin.confidence), y2: y(bin.accuracy), class: "gap",
    }));
  }
  const points = calibration.bins.map((bin) => `${x(bin.confidence)},${y(bin.accuracy)}`).join(" ");
  parts.push(svg("polyline", { points, class: "curve" }));
  for (const bin of calibration.bins) {
    parts.push(svg("circle", {
      cx: x(bin.confidence), cy: y(bin.accuracy), r: 3 + 9 * Math.sqrt(bin.count / total), class: "point",
    }, svg("title", {}, `${bin.count} scores, mean ${percent(bin.confidence)}, right ${percent(bin.accuracy)} %`)));
  }
  parts.push(svg("text", { x: x(0.5), y: y(0) + 34, "text-anchor": "middle", class: "axis" }, "mean score, %"));
  return el("figure", {},
    svg("svg", {
      viewBox: `0 0 ${size + left + 14} ${size + top + 40}`, class: "plot", role: "img",
      "aria-label": `${title}: calibration curve, expected error ${percent(calibration.error)} %`,
    }, parts),
    el("figcaption", {}, el("strong", {}, title), ` error ${percent(calibration.error)} %, ` +
      `by chance ${percent(calibration.by_chance)} %`));
}

function drawCalibration() {
  const plots = [["Spans", REPORT.span_calibration]];
  if (REPORT.topics) plots.push(["Topics", REPORT.topics.calibration]);
  byId("calibration").append(
    el("p", { class: "caption" }, "How often scores are right, in %, by what they claim; on the diagonal they can be " +
      "taken as probabilities. Larger dots hold more scores."),
    el("div", { class: "plots" }, plots.filter(([, each]) => each.bins.length).map((each) => reliability(...each))));
}
