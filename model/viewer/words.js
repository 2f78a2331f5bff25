"use strict";
// What the page says, in Chinese and English.

const WORDS = {
  zh: {
    skip: "跳到文章", theme: "切换明暗", filters: "筛选", search: "搜索", topics: "主题", names: "名称", scores: "名称的分数",
    least: "不低于", most: "不高于", clear: "清除筛选", step: "下一篇、上一篇", none: "没有符合的文章。", other: "EN",
    about: (articles, names) => `${articles} 篇文章 · ${names} 个名称`,
    status: (found, all) => (found === all ? "" : `${found} 篇，共 ${all} 篇`),
  },
  en: {
    skip: "Skip to the articles", theme: "Switch between light and dark", filters: "Filters", search: "Search",
    topics: "Topics", names: "Names", scores: "Scores of names", least: "at least", most: "at most",
    clear: "Clear filters", step: "next, previous", none: "No such articles.", other: "中文",
    about: (articles, names) => `${articles} articles · ${names} names`,
    status: (found, all) => (found === all ? "" : `${found} of ${all} articles`),
  },
};

/** What people call a label or topic, in the language of the page. */
function nameOf(label) {
  const names = Object.hasOwn(DATA.names, label) ? DATA.names[label] : null;
  return names ? names[language === "zh" ? 0 : 1] : label;
}
