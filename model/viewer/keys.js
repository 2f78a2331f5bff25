"use strict";
// A list of articles by keyboard: `/` to the search, `j` and `k` to the next article and the one before.

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  if (event.key === "/") {
    event.preventDefault();
    byId("q").focus();
  } else if (event.key === "j" || event.key === "k") {
    const list = [...byId("list").children].filter((node) => !node.hidden);
    const here = list.findIndex((node) => node.contains(document.activeElement));
    const next = list[event.key === "j" ? here + 1 : Math.max(0, here - 1)];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "start" });
  }
}
