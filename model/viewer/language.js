"use strict";
// The language of a page: that of the browser, or the one chosen. `WORDS` of the page has what it says.

let language = (navigator.language || "zh").startsWith("zh") ? "zh" : "en";
const word = (key) => WORDS[language][key];
const other = () => (language === "zh" ? "en" : "zh");
const grouped = (number) => number.toLocaleString("en");

/** Say everything that stands in the page itself anew. */
function sayAll() {
  document.documentElement.lang = language;
  const each = (attribute, action) =>
    document.querySelectorAll(`[${attribute}]`).forEach((node) => action(node, word(node.getAttribute(attribute))));
  each("data-say", (node, text) => { node.textContent = text; });
  each("data-say-label", (node, text) => node.setAttribute("aria-label", text));
  each("data-say-placeholder", (node, text) => node.setAttribute("placeholder", text));
  byId("language").textContent = word("other");
  byId("language").lang = other();
}
