"""Habits of newspapers and of the tools that read them, as templates for synthetic pages.

`{name}`, `{other}` and `{third}` are people, `{place}` a place, `{paper}` a newspaper, `{sentence}` and `{clause}`
words of some article, `{month}`, `{day}`, `{year}`, `{hour}`, `{minute}`, `{weekday}` a date, `{n}` a small number,
`{phone}` digits, `{title}` what a writer is called, `{job}` what someone did for the page, `{mark}` a bullet, `{gap}`
what stands between a title and a name, `{word}` a short heading; in a subhead `{s}` is its text, `{i}` and `{k}` its
number. A held-out set is made with other habits than those that are learned: see `qingyuan.eval.page_habits`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Habits:
    """Templates by what they make."""

    datelines: tuple[str, ...]
    byline_above: tuple[str, ...]
    byline_below: tuple[str, ...]
    byline_inside: tuple[str, ...]
    captions: tuple[str, ...]
    mastheads: tuple[str, ...]
    labels: tuple[str, ...]
    notes: tuple[str, ...]
    web_notes: tuple[str, ...]
    subheads: tuple[str, ...]
    decks: tuple[str, ...]
    papers: tuple[str, ...]
    titles: tuple[str, ...]
    jobs: tuple[str, ...]
    marks: tuple[str, ...]
    gaps: tuple[str, ...]
    words: tuple[str, ...]


TRAINING = Habits(
    datelines=(
        "本报讯 ", "本报讯　", "本报讯(记者 {name})", "本报讯（记者{name} 通讯员{other}）", "本报讯(通讯员 {name})", "本报讯 记者{name}报道:",
        "本报讯（{name} {other}）", "新华社{place}{month}月{day}日电 ", "新华社{place}{month}月{day}日电（记者{name}）",
        "新华社{place}{month}月{day}日电(记者{name}、{other})", "据新华社{place}电 ", "中新社{place}{month}月{day}日电 (记者 {name})",
        "中新网{place}{month}月{day}日电 ", "{paper}讯 ", "{paper}讯(记者 {name})", "{paper}{place}{month}月{day}日电 ",
        "本报{place}{month}月{day}日电 ", "本报{place}{month}月{day}日电（记者{name}）", "法治网讯 ", "本网讯 ", "{place}讯 ", "讯 ",
    ),
    byline_above=(
        "【{title} {name}】", "〔{name}〕", "「{title}」{name}", "【{name}】", "{title}{gap}{name}", "{title}{gap}{name}",
        "{title}{gap}{name} {other}", "{mark}{title}{gap}{name}", "{mark} {title}{gap}{name} {title}{gap}{other}",
        "{title} {name} {title} {other} {third}", "{mark}{name}", "{mark} {name} {other}", "{name}/{title}",
        "{title}/{name} {title}/{other}", "{paper}{title} {name}", "{mark}{paper}{title}{gap}{name}",
        "（{title} {name}）", "{name} {title}", "{title}{name}、{other}", "{name}、{other}、{third}", "本报记者 {name}",
        "本报记者 {name} {other}", "本报记者　{name}　通讯员　{other}", "□ 本报记者 {name}", "□本报记者{name} 通讯员{other}", "□ {name}",
        "■ 本报记者 {name}", "■{name}", "◎ {name} {other}", "●本报通讯员 {name}", "记者 {name} 通讯员 {other} {third}", "记者 {name}",
        "通讯员 {name}", "通讯员 {name} {other}", "文/{name}", "文/图 本报记者 {name}", "{name} 文/图", "作者:{name}", "作者：{name}",
        "本报首席记者 {name}", "本报特约记者 {name}", "本报全媒体记者 {name} {other}", "实习生 {name}", "新华社记者 {name}", "{paper}记者 {name}",
        "{name}", "{name} {other}", "{name}　{other}", "来源：{paper} 作者：{name}", "来源:{paper}", "（{name}）", "本报评论员",
        "本报记者{name}",
    ),
    byline_below=(
        "【{name}】", "〔{name}〕", "〈{name}〉", "「{name}」", "【{name} {other}】", "〔{title} {name}〕", "—{name}",
        "——{name} {other}", "{title}{gap}{name}", "（{title}{gap}{name}）", "({title} {name} {title} {other})",
        "（{title}{name} {other}）", "{mark}{name}", "{mark}{title}{gap}{name}", "({paper})", "（{place}{word} {name}）",
        "{name} {title}", "【{title} {name}】", "（{place}{word}）", "{name} {other}", "{name}", "{name}", "（{name}）",
        "{name}", "{name} {other}", "{name}　{other}", "{name} {other} {third}", "({name})", "（{name}）",
        "（{name} {other}）", "({name} {other})", "(记者 {name})", "（记者 {name} 通讯员 {other}）", "（通讯员 {name}）",
        "通讯员 {name}", "本报记者 {name}", "记者{name}", "(本报记者 {name})", "（本报综合）", "(据新华社)", "（据《{paper}》）",
        "（作者单位：{place}司法局）", "({place}法院 {name})", "（作者系{place}律师）", "□ {name}", "{name} 文/图", "文/{name}",
        "(来源：{paper})", "来源：{paper}", "（{place}公安局供稿）", "{name}、{other}", "{name} 整理",
    ),
    byline_inside=(
        "【{name}】", "〔{name} {other}〕", "({name})", "（{name} {other}）", "(记者 {name})", "（{name}）", "（通讯员 {name}）",
        "({name} {other})", " {name}", "(完)",
    ),
    captions=(
        "【{job}】{name}", "{job}：{name}", "【{word}】{sentence}", "{word}：{sentence}",
        "{mark} {sentence}（{title}{name}{job}）", "{sentence}{name} {job}", "{sentence}{title} {name} {job}",
        "{sentence}（{name} {job}）", "{clause}{gap}{name} {job}", "{mark}{sentence}", "{job}{gap}{name}",
        "{name} {job}", "{paper}{title}{name} {job}", "{mark}{clause} {job}/{name}", "{sentence}({job}:{name})",
        "图为{sentence}", "图为{sentence}{name} 摄", "图为{sentence}本报记者 {name} 摄", "▲{sentence}", "▲{sentence} {name}/摄",
        "{sentence}{name} 摄", "{sentence}（{name} 摄）", "{sentence}本报记者 {name} 摄", "{sentence}(资料图片)", "上图：{sentence}",
        "左图为{clause}", "{sentence}{name}摄影报道", "{month}月{day}日，{sentence}新华社记者 {name} 摄", "{clause} {name} 摄",
        "{clause}（图片由受访者提供）", "（{name} 摄）", "{name} 摄", "本报记者 {name} 摄", "新华社发（{name} 摄）", "资料图片", "图片说明：{sentence}",
        "△ {clause}", "图/{name}", "{name} 供图", "图①：{clause}",
    ),
    mastheads=(
        "{paper}{word}", "{word}{word}", "{word}·{word}", "{word}", "{word}", "{mark}{word}{mark}", "{word} {n}",
        "{n} {word}", "{n}版 {word}", "{year}年{month}月{day}日 {word}", "{word}编辑{gap}{name}",
        "{job}{gap}{name} {job}{gap}{other}", "{job}{gap}{name}", "{paper} {word}", "{month}月{day}日 星期{weekday} {n}",
        "{word}电话{gap}{phone}", "{word}:{phone}", "{mark} {n} {mark}", "{year}.{month}.{day}", "{year}/{month}/{day}",
        "{paper} {month}月{day}日", "{paper}", "{paper} {year}年{month}月{day}日 星期{weekday}",
        "{year}年{month}月{day}日 星期{weekday} 第{n}版", "{year}年{month}月{day}日", "{year}-{month}-{day}", "第{n}版", "{n}版",
        "要闻", "综合新闻", "法治新闻", "社会·法治", "法治综合", "平安{place}", "版面导航", "{n}", "- {n} -", "— {n} —", "第 {n} 页",
        "第{n}页 共{n}页", "A{n}", "B0{n}", "A0{n} 要闻", "星期{weekday}", "责任编辑 {name}", "责任编辑：{name} 版式：{other}",
        "本版责编：{name}", "编辑 {name} 美编 {other} 校对 {third}", "责编/{name} 美编/{other}", "值班主任:{name} 编辑:{other}",
        "国内统一刊号：CN{phone}", "邮发代号{n}-{n}{n}", "新闻热线：{phone}", "E-mail:fz{phone}@163.com", "http://www.fz{phone}.com",
        "电话 {phone}", "本报地址：{place}市人民路{n}号 邮编：{phone}", "定价：{n}元", "{paper}社出版 总第{phone}期", "{n}/{n}",
        "{paper} 综合 {n}", "02 综合", "农历{weekday}月初{weekday} 今日{n}版",
    ),
    labels=(
        "{word}{word}", "{word}·{word}", "{word}{place}", "{paper}{word}", "{word}", "{word}", "【{word}】",
        "{mark}{word}", "{mark} {word} {mark}", "〔{word}〕", "{place}{word}", "“{word}”", "以案说法", "法治在线", "基层动态",
        "工作简讯", "【图片新闻】", "【普法】", "图片新闻", "新闻速递", "短讯", "一线传真", "法治时评", "●简讯", "■关注", "政法动态", "【{place}】", "法眼观察",
        "｜深度｜", "警方提示", "记者手记", "编者按", "大家谈", "权威发布", "走基层",
    ),
    notes=(
        "{word}{word}", "{word}{n}版", "{mark}{word}{word}", "（下转第{n}版）", "（上接第{n}版）", "(下转{n}版)", "▶▶下转第{n}版",
        "（紧接第一版）", "（详见{n}版）", "扫码阅读全文", "扫一扫 看视频", "下转第{n}版",
    ),
    web_notes=(
        "{word}", "{word}{word}", "{word}：{phone}", "【{word}】", "{word}：{clause}", "{word}{gap}{name}",
        "发布时间：{year}-{month}-{day} {hour}:{minute}", "发布时间：{year}-{month}-{day} 浏览次数：{phone}",
        "{year}年{month}月{day}日 {hour}:{minute}", "字体：大 中 小", "【打印】 【关闭】", "分享到：", "责任编辑：{name}", "编辑：{name}",
        "上一篇：{clause}", "下一篇：{clause}", "当前位置：首页 > 新闻中心 > 正文", "点击：{phone}次", "打印本页", "相关阅读", "返回首页", "关注我们的微信公众号",
        "审核：{name} 编辑：{other}", "初审：{name} 复审：{other} 终审：{third}", "声明：转载请注明出处", "阅读 {phone}",
    ),
    subheads=(
        "{s}", "{s}", "{s}", "{s}", "{i}、{s}", "（{i}）{s}", "■ {s}", "●{s}", "【{s}】", "{k}. {s}", "{k}、{s}",
        "0{k} {s}", "“{s}”", "◆ {s}", "※{s}", "之{i}：{s}",
    ),
    decks=(
        "——{s}", "—— {s}", "{s}", "{s}", "—{s}",
    ),
    papers=(
        "{place}日报", "{place}法治报", "{place}晚报", "法治时报", "{place}政法", "平安{place}", "{place}新闻网", "人民日报", "法制日报",
        "检察日报", "新华网", "人民法院报",
    ),
    titles=(
        "记者", "本报记者", "通讯员", "本报通讯员", "见习记者", "实习记者", "实习生", "首席记者", "特派记者", "特约记者", "全媒体记者", "融媒体记者", "摄影记者",
        "本报评论员", "评论员", "特约评论员", "作者", "文", "文/图", "图文", "采访", "整理", "口述", "编译", "执笔", "文字", "记录", "策划", "统筹", "主笔",
        "观察员", "特约作者", "驻村干部", "检察官", "民警",
    ),
    jobs=(
        "摄", "摄影", "供图", "图", "绘", "制图", "漫画", "责编", "责任编辑", "编辑", "美编", "校对", "版式", "审核", "值班编委", "排版", "设计", "总编",
        "终审", "录入",
    ),
    marks=(
        "□", "■", "●", "◎", "○", "◆", "▲", "△", "★", "▶", "·", "※", "|", "—", "*",
    ),
    gaps=(
        " ", " ", "　", ":", "：", "", "/", "  ", "丨",
    ),
    words=(
        "综合", "要闻", "法治", "社会", "民生", "时政", "地方", "专题", "平安建设", "政法", "广告", "公告", "热线", "导读", "评论", "副刊", "基层", "天下",
        "本地", "国内", "国际", "财经", "教育", "健康", "文化", "简讯", "动态", "速览", "聚焦", "追踪", "声音", "案例", "提醒", "法治文化", "检察院",
        "公安局", "司法局", "税务局", "法院", "审判台", "警务室", "信访窗口", "税收园地", "今日关注", "一周回顾", "图片",
    ),
)  # fmt: skip
