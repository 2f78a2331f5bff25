"""What can be measured on a line: its shape, its marks, some patterns, and what it shares with its neighbours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set

import numpy as np

from qingyuan.page.cohesion import bigrams, section_features, shared_words
from qingyuan.page.lines import CLOSERS, ENDS, Line

SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟"
    "汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严"
    "牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫"
    "查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖"
)
_PAUSES = "，、；：,;:"
_OPENERS = "“‘「『（(《【〈"
_BULLETS = "□■◎●○▲△◆◇★☆▶►※·•"
_DASHES = r"\-—－─–~～"

_DATE = r"\d{1,2}月\d{1,2}日"
_NUMERAL = "一二三四五六七八九十"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"记者|通讯员|作者|撰文|特约|采写",
        rf"^[（(【\[{_BULLETS}{_DASHES}\s]*(本报|本刊|本台|本网|特约|实习|见习|全媒体|融媒体?|首席)*\S{{0,6}}?(记者|通讯员|作者|采写|撰文|文[/／图、]|图[/／])",
        rf"^[{_BULLETS}]",
        rf"^[{_DASHES}]",
        r"^[（(].*[）)]$",
        r"^[【\[「].*[】\]」]$",
        r"^(本报|本刊|本台|本网|记者|\S{2,9}?[报网社台刊])?\S{0,12}?[讯电](?=[\s（(:：，]|$|[^\W\d])",
        r"^本[报刊网台]\S{0,10}讯|^\S{2,8}社\S{0,12}电",
        rf"{_DATE}\S{{0,3}}[讯电]",
        rf"^\S{{0,8}}({_DATE}|近日|日前|昨日|今日|昨天|近年来|近期|[今去]年)",
        r"^(据了解|据悉|目前|此外|同时|其中|为此|随后|截至|下一步|接下来|对此|另外|当天|会上|活动中|会议|该|他|她|记者)",
        r"^[问答][:：]",
        r"^(图|上图|下图|左图|右图|题图|资料图|插图|制图)|^[▲△↑↓←→]",
        r"图为",
        r"(摄|供图|图片?|制图|摄影|配图|绘)[）)]?$",
        r"\d{4}\s*[年/.\-]\s*\d{1,2}\s*[月/.\-]\s*\d{1,2}",
        r"星期[一二三四五六日天]|周[一二三四五六日]|农历|[廿初][一二三四五六七八九十]",
        r"^\W*[A-Za-z]?\d{1,4}\W*$|^\W*\d{1,4}\s*/\s*\d{1,4}\W*$",
        rf"第?\s*[A-Z]?[\d{_NUMERAL}]{{1,3}}\s*版|版面|^\W*第\s*[\d{_NUMERAL}]+\s*页",
        r"责编|编辑|美编|版式|校对|主编|审核|排版|组版|[一二三初终]审|监制|主办|出版|刊号|邮发|总第|统一书号|承印|定价|零售",
        r"电话|热线|邮箱|[Mm]ail|http|www|\.cn|\.com|邮编|网址|微信|微博|@|客户端|二维码|扫一扫|扫码|版权|转载",
        r"[上下]转|[上下]接|紧接|详见|导读|要闻",
        r"来源|浏览|点击|字体|打印|分享|上一篇|下一篇|发布|原标题|阅读|关闭|收藏|首页|责任",
        rf"^[（(]?[{_NUMERAL}]{{1,3}}[）)、.．，]|^第[{_NUMERAL}]{{1,3}}[章节条部]",
        r"^[（(]?\d{1,2}[）)、.．]|^[①-⑳]",
        r"(日报|晚报|时报|早报|晨报|商报|都市报|周报|周刊|法治报|新闻|要闻|专版|专刊|副刊|综合|时评|周末)$",
        r"^\d",
        r"[：:]$",
        r"[？?！!]$",
        r"\s",
        r"\s{2,}|\u3000",
    )
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_NAME = re.compile(r"^[\u3400-\u9fff]{2,4}$|^[\u3400-\u9fff]{1,8}(·[\u3400-\u9fff]{1,8})+$")
_AROUND_NAMES = re.compile(rf"[\s、，,/／（）()\[\]【】{_BULLETS}]+|本报记者|记者|通讯员")
_PIECES = re.compile(rf"[\s、，,:：/／|｜丨（）()\[\]【】〔〕{_BULLETS}]+")
_NUMBERS = re.compile(rf"\d+|[{_NUMERAL}]+")
_WIDTHS = (2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 32, 40, 60, 100)
_PAIRS = tuple(("“”", "（）", "()", "《》", "「」"))
_REACHES = (100, 300, 900)
_NEAR = 7


def dense_features(lines: Sequence[Line], common: Set[str]) -> np.ndarray:
    """All measured features, shape (lines, features); the work grows with the length of the page, not faster.

    `common` are pairs of characters that many articles have, so that they say little on a topic.
    """
    own = np.array([_own(line.text) for line in lines], dtype=np.float32)
    words = [bigrams(line.text) - common for line in lines]
    sizes = [len(line.text) for line in lines]
    shared = [shared_words(words, sizes, reach) for reach in _REACHES]
    return np.concatenate([own, _layout(lines), _repeats(lines), *shared, section_features(lines, words)], axis=1)


def _own(text: str) -> list[float]:
    """What a line's text alone tells."""
    head = text[:80]  # the patterns look no further, so that a line of any length costs the same
    tail = text[-80:]
    bare = text.rstrip(CLOSERS)
    length = len(text)
    sample = head if length <= 80 else head + tail
    digits = sum(c.isdigit() for c in sample) / len(sample)
    han = len(_HAN.findall(sample)) / len(sample)
    spaces = sum(c.isspace() for c in sample) / len(sample)
    names = [piece for piece in _AROUND_NAMES.split(head) if piece]
    named = [bool(_NAME.match(piece)) for piece in names]
    surnamed = [good and piece[0] in SURNAMES for good, piece in zip(named, names)]
    return [
        *(bool(pattern.search(head if length <= 160 else head + tail)) for pattern in _PATTERNS),
        bare[-1:] in ENDS and bare != "",
        text[-1] in ENDS,
        text[-1] in CLOSERS,
        text[-1] in _PAUSES,
        text[-1] in _OPENERS,
        bool(_HAN.match(text[-1])),
        text[-1].isascii() and text[-1].isalnum(),
        text[0] in _OPENERS,
        text[0] in ENDS + CLOSERS + _PAUSES,
        bool(_HAN.match(text[0])),
        text[0] in SURNAMES,
        min(text.count("。"), 3) / 3,
        "。" in text[:-1],
        min(sum(map(text.count, "，,")), 4) / 4,
        min(sum(map(text.count, "、；：;:")), 4) / 4,
        text.count("。") / length * 20,
        sum(map(text.count, "，,、。；：")) / length * 10,
        digits,
        han,
        spaces,
        len(names) <= 6 and bool(named) and all(named),
        len(names) <= 6 and bool(surnamed) and all(surnamed),
        len(names) > 1 and all(named),
        len(names) <= 3 and any(surnamed),
        length <= 40 and _ends_with_name(text),
        *(np.sign(text.count(pair[0]) - text.count(pair[1])) for pair in _PAIRS),
    ]


def _ends_with_name(text: str) -> bool:
    """Whether the last word is a name behind some other word or mark: 供稿:王明, （撰文 王明）."""
    pieces = _PIECES.split(text)
    words = [piece for piece in pieces if piece]
    return len(pieces) > 1 and bool(words) and bool(_NAME.match(words[-1])) and words[-1][0] in SURNAMES


def _layout(lines: Sequence[Line]) -> np.ndarray:
    """Widths, blank lines and indents, alone and beside those of the neighbours and of the page."""
    width = np.array([line.width for line in lines])
    blanks = np.array([line.blanks for line in lines])
    after = np.append(blanks[1:], 3)
    indent = np.array([line.indent for line in lines])
    near = _windows(width, _NEAR)
    top, middle, high = near.max(1), np.median(near, axis=1), np.percentile(near, 75, axis=1)
    top_other = np.maximum(np.delete(near, _NEAR, axis=1).max(1), 0.5)
    full = (np.abs(near - high[:, None]) <= 1.5).mean(1)
    usual_blank, usual_indent = np.median(blanks), Counter(np.round(indent).tolist()).most_common(1)[0][0]
    before = np.append(0.0, width[:-1])
    place = np.arange(len(lines))
    columns = [
        np.log1p(width),
        *(width <= limit for limit in _WIDTHS),
        width / top,
        width / top_other - 1,
        np.abs(width - middle) <= 1.5,
        np.abs(width - top_other) <= 1.5,
        before / top,
        np.abs(before - top) <= 1.5,
        np.log1p(top),
        np.log1p(middle),
        full,
        *(blanks >= limit for limit in (1, 2, 3)),
        *(after >= limit for limit in (1, 2, 3)),
        np.sign(blanks - usual_blank),
        np.sign(after - usual_blank),
        np.full(len(lines), (blanks > 0).mean()),
        indent > 0,
        indent >= 1.5,
        indent >= 4,
        np.sign(indent - usual_indent),
        np.sign(indent - np.append(0.0, indent[:-1])),
        np.full(len(lines), (indent > 0).mean()),
        np.full(len(lines), np.log1p(np.median(width))),
        place == 0,
        place < 3,
        place >= len(lines) - 1,
        place >= len(lines) - 3,
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _windows(values: np.ndarray, reach: int) -> np.ndarray:
    """Each value with `reach` neighbours on either side, shape (values, 2 · reach + 1); the ends are repeated."""
    padded = np.pad(values, reach, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)


def _repeats(lines: Sequence[Line]) -> np.ndarray:
    """What a line shares with other lines of the page, numbers aside: all of it, as running heads do, and how often
    its beginning, as the subheads of a series do."""
    texts = [_NUMBERS.sub("0", line.text[:40]) for line in lines]
    wholes, heads = Counter(texts), Counter(text[:2] for text in texts if len(text) < 30)
    rows = [[wholes[text] > 1, min(heads[text[:2]], 5) / 5, "0" in text[:3]] for text in texts]
    return np.array(rows, dtype=np.float32)
