"""What the tests of labelled data share: a record, writing files and reading them back, random labels."""

import json

from hypothesis import strategies as st

from qingyuan.training.formats import read_articles

TEXT = "最高人民法院在北京开庭"
SPANS = {(0, 6, "AGENCY"), (7, 9, "PLACE")}
GOOD = {"text": TEXT, "topic": "court", "entities": [{"start": s, "end": e, "label": label} for s, e, label in SPANS]}


def write(folder, name, content):
    path = folder / name
    if not isinstance(content, (str, bytes)):
        content = json.dumps(content, ensure_ascii=False)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def lines(*records):
    return "\n".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records)


def read(path):
    errors = []
    return list(read_articles(path, errors.append)), errors


def spans(record):
    return {entity.span for entity in record.article.entities}


def topic(record):
    return record.article.topic and record.article.topic.label


def only(path):
    [record] = read_articles(path)
    return record


@st.composite
def labelled(draw, nested):
    """A text and spans of it that don't cross; without nesting if not `nested`."""
    text = draw(st.text("北京市法院ab1。 😀𠮷é", min_size=1).filter(str.strip))
    edges = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text)), st.sampled_from(["A", "B-C"]))
    kept = set()
    for start, end, label in draw(st.lists(edges)):
        inside = any(s <= start and end <= e or start <= s and e <= end for s, e, _ in kept)
        apart = all(end <= s or e <= start or nested and inside for s, e, _ in kept)
        crosses = any(s < start < e < end or start < s < end < e for s, e, _ in kept)
        if start < end and apart and not crosses:
            kept.add((start, end, label))
    return text, kept
