"use strict";
// What the page says, in Chinese and English, and the text that it gives as an example.

const WORDS = {
  zh: {
    other: "EN", skip: "跳到结果", theme: "切换明暗", api: "接口", about: "政法新闻：主题与名称 · 文字不保存", text: "文字",
    placeholder: "把文章或整版报纸粘贴到这里，也可以拖入一个 .txt 文件", example: "举例", open: "打开文件", kind: "这是",
    article: "一篇文章", page: "整版报纸", go: "标注", legend: "显示哪些名称", copy: "复制 JSON", copied: "已复制",
    working: "正在标注……", empty: "请先粘贴文字。", none: "这一版里没有文章。", rest: "版面其余", topics: "主题",
    size: (characters, most) => `${characters} / ${most} 字`,
    status: (articles, names, seconds) => `${articles} 篇 · ${names} 个名称 · ${seconds} 秒`,
    unread: "这个文件读不出文字：它既不是 UTF-8，也不是 GB18030。", tooLarge: "这个文件太大。",
    offline: "连不上服务。", trouble: { 413: "文字太长。", 429: "服务正忙，请稍后再试。", 500: "这段文字没能标注。" },
  },
  en: {
    other: "中文", skip: "Skip to the results", theme: "Switch between light and dark", api: "API",
    about: "Government and legal news: topics and names · texts are not kept", text: "Text",
    placeholder: "Paste an article or a newspaper page here, or drop a .txt file", example: "Example",
    open: "Open a file", kind: "This is", article: "Article", page: "Newspaper page", go: "Tag", legend: "Which names are shown",
    copy: "Copy JSON", copied: "Copied", working: "Tagging…", empty: "Paste a text first.",
    none: "There is no article on this page.", rest: "Elsewhere on the page", topics: "Topics",
    size: (characters, most) => `${characters} / ${most} characters`,
    status: (articles, names, seconds) =>
      `${articles} article${articles === "1" ? "" : "s"} · ${names} name${names === "1" ? "" : "s"} · ${seconds} s`,
    unread: "This file is no text: neither UTF-8 nor GB18030.", tooLarge: "This file is too large.",
    offline: "The service can't be reached.",
    trouble: { 413: "Too long.", 429: "The service is busy; try again in a moment.", 500: "It could not be tagged." },
  },
};


const EXAMPLE = `巡回法庭开到葡萄架下
本报讯 （记者 沈砚秋）“地界说清了，往后还是好邻居。”9月12日，在河北省涿鹿县人民法
院矾山人民法庭法官主持下，两户果农在葡萄架下握手言和。
今年以来，涿鹿县法院推进“枫桥式人民法庭”创建活动，把巡回审判点设到村口，依照《中华人
民共和国民法典》调解相邻纠纷46件。

2024年9月14日 星期六 责任编辑 何知远 3版

拉萨市禁毒办进校园讲禁毒
新学期开学之际，西藏自治区禁毒办、拉萨市禁毒办联合拉萨市教育局，在拉萨市城关区海萨小学
开展“开学第一课”禁毒宣传。民警拿着仿真毒品模型，教学生辨认伪装成糖果的新型毒品。
（次仁央宗）

办税大厅多了一张“慢桌子”
国家税务总局承德市税务局第二税务分局在办税服务厅为老年人设“慢桌子”，由“银发专员”
陪同办理。承德市税务局副局长郭立新说，慢的是桌子，快的是群众少跑的路。
`;
