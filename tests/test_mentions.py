"""Mentions change places, and the tags go with them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.article import Article
from qingyuan.taxonomy import GOVERNMENT_NEWS
from qingyuan.training.data import windows_dataset
from qingyuan.training.mentions import Mentions, outer_spans

NAMES = ("西藏禁毒办", "拉萨市禁毒办", "法院", "自治区法院")


def window(tokenizer, *names: str) -> dict:
    """A window in which agencies stand one behind the other, the places in them labelled too."""
    text, entities = "在", []
    for name in names:
        entities.append({"start": len(text), "end": len(text) + len(name), "label": "AGENCY"})
        if "禁" in name:
            entities.append({"start": len(text), "end": len(text) + name.index("禁"), "label": "PLACE"})
        text += name + "，"
    article = Article.from_dict({"text": text, "entities": entities})
    return windows_dataset([article], tokenizer, GOVERNMENT_NEWS, size=200, overlap=4)[0]


def read(tokenizer, ids: np.ndarray, tags: np.ndarray) -> list[str]:
    return ["".join(tokenizer.vocabulary[row] for row in ids[first:stop]) for first, stop, _ in outer_spans(tags)]


def mixed(tokenizer, names, share=1.0, longest=200, seed=0):
    row = window(tokenizer, *names)
    ids, tags = np.array(row["input_ids"]), np.array(row["tags"])
    return Mentions([window(tokenizer, *NAMES)]).mix(ids, tags, share, longest, np.random.default_rng(seed))


@settings(deadline=None)
@given(st.lists(st.sampled_from(NAMES), max_size=12), st.integers(0, 10**6))
def test_a_mixed_window_is_the_window_of_the_new_names(tokenizer, names, seed):
    ids, tags = mixed(tokenizer, names, share=0.5, seed=seed)
    found = read(tokenizer, ids, tags)
    assert [name[-1] for name in found] == [name[-1] for name in names]  # of the same form
    expected = window(tokenizer, *found)
    assert ids.tolist() == expected["input_ids"] and tags.tolist() == expected["tags"]
    assert len(set(zip(names, found))) == len(set(names))  # one name becomes one other


def test_names_do_change(tokenizer):
    changed = {tuple(read(tokenizer, *mixed(tokenizer, NAMES, seed=seed))) for seed in range(20)}
    assert len(changed) > 4
    assert read(tokenizer, *mixed(tokenizer, NAMES, share=0.0)) == list(NAMES)


def test_no_window_gets_longer_than_the_encoder_reads(tokenizer):
    row = window(tokenizer, *["法院"] * 9)
    longest = len(row["input_ids"])
    for seed in range(10):
        assert len(mixed(tokenizer, ["法院"] * 9, longest=longest + 2, seed=seed)[0]) <= longest + 2


def test_a_mention_that_a_window_cuts_stays_where_it_is(tokenizer):
    row = window(tokenizer, "拉萨市禁毒办", "法院")
    ids, tags = np.array(row["input_ids"])[:6], np.array(row["tags"])[:6]
    assert not list(outer_spans(tags))
