"""Habits of the held-out pages: none of these templates is among those that the line classifier learns."""

from qingyuan.training.page_habits import Habits

HELD_OUT = Habits(
    datelines=(
        "本刊讯 ", "本报{place}讯 ", "本报{place}讯（{name} {other}）", "{paper}{month}月{day}日讯 ",
        "{paper}{place}电（记者 {name} {other}）", "本报综合消息 ", "新华社{place}{month}月{day}日专电（记者{name} {other}）",
        "据中新社{place}{month}月{day}日电 ", "央视网消息：", "本报讯（见习记者 {name} 通讯员 {other} {third}）",
    ),
    byline_above=(
        "本报通讯员 {name} 本报记者 {other}", "□ 文/本报记者 {name}", "◆{name} {other}", "▲ 本报见习记者 {name}",
        "文/本报记者 {name} 图/{other}", "撰稿：{name}", "本报记者 {name} 实习生 {other}", "●{name}", "采写/{paper}记者 {name}",
        "记者｜{name}", "{name} 本报记者 {other}", "{name}、{other}", "特约撰稿人 {name}",
    ),
    byline_below=(
        "{third}", "{other}", "[{name}]", "（{paper}供稿）", "（记者{name} 见习记者{other}）", "({place}市检察院 {name} {other})",
        "特约通讯员 {name}", "（整理：{name}）", "■ {name} {other}", "（文/{name}）", "{name} 报道", "（作者单位：{place}人民法院）",
        "供稿：{name}",
    ),
    byline_inside=(
        "（{name} 文）", "[{name}]", "（本报记者 {name} {other}）", "（据《{paper}》报道）", "（{name}、{other}）",
    ),
    captions=(
        "{sentence}{name} 供图", "图为{clause}。本报通讯员 {name} 摄", "右图：{sentence}", "▼{sentence}",
        "下图为{sentence}（{name} 摄影）", "{sentence}（图源：{paper}）", "摄影：{name}", "插图：{name}", "制图：{name}",
        "{clause}。{name} 图", "图②：{clause}", "视觉中国供图",
    ),
    mastheads=(
        "{year}.{month}.{day} 星期{weekday}", "{year}年{month}月{day}日/星期{weekday}/{n}版", "{paper} 法治·{n}", "·{n}·",
        "第 {n} 版 要闻", "本版编辑：{name}", "主编：{name} 责编：{other}", "版式设计 {name} 责任校对 {other}", "C{n}", "{paper}数字报",
        "投稿邮箱：bj{phone}@qq.com", "广告热线：{phone} 发行热线：{phone}", "（{n}）", "今日视点", "民生·社会",
    ),
    labels=(
        "每周一案", "■ 快讯", "〖调查〗", "政法视窗", "身边的法", "▌关注", "聚焦平安{place}", "◇视点◇",
    ),
    notes=(
        "（转{n}版）", "（接第{n}版）", "≫详见第{n}版", "更多报道见{n}版", "微信扫码看更多",
    ),
    web_notes=(
        "{year}/{month}/{day} {hour}:{minute}:00", "访问量：{phone}", "【字号 大 中 小】", "【我要纠错】", "责编：{name}", "下一条：{clause}",
        "您的位置：首页>政务动态", "扫一扫在手机打开当前页", "网站地图",
    ),
    subheads=(
        "{s}", "{s}", "{s}", "{i}是{s}", "★{s}", "〔{s}〕", "({k}){s}", "【故事{i}】{s}", "▎{s}",
    ),
    decks=(
        "———{s}", "｜{s}", "{s}",
    ),
    papers=(
        "{place}政法报", "{place}时报", "{place}在线", "法治周刊", "检察时报", "平安{place}报",
    ),
    titles=(
        "撰稿", "特约撰稿人", "供稿", "驻站记者", "学习强国通讯员",
    ),
    jobs=(
        "插画", "影像", "组稿", "值班主任", "责校",
    ),
    marks=(
        "◇", "▎", "☆", "▌", "►",
    ),
    gaps=(
        "｜", " ", ": ", "·",
    ),
    words=(
        "视窗", "快报", "大视野", "庭审", "执法", "百姓", "经纬", "家园",
    ),
)  # fmt: skip
