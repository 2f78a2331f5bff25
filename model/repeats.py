"""A name that was found once in an article is looked for in the rest of it, where the model was less sure.

In one article a name means one thing (Gale et al., 1992, "One sense per discourse").
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from qingyuan.article import Entity, nest
from qingyuan.dictionary import is_inside_word

SHORTEST = 3  # two characters stand by chance in too many words


def add_repeats(text: str, entities: Sequence[Entity], share: float, threshold: float = 0.0) -> tuple[Entity, ...]:
    """`entities` as `nest` gives them, and every other mention of the outer ones that touches none of them.

    The longest name wins, then the first. A new mention has the label that the name scored most with; its score is that of
    the name's best mention times `share`, the chance that a name is one here if it is one there. Those that score below
    `threshold` are not added.
    """
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    best: dict[str, float] = defaultdict(float)
    taken = bytearray(len(text))
    for entity in entities:
        taken[entity.start : entity.end] = b"\1" * (entity.end - entity.start)
        if entity.parent is None and len(entity.text) >= SHORTEST:
            labels[entity.text][entity.label] += entity.score
            best[entity.text] = max(best[entity.text], entity.score)
    scores = {name: share * score for name, score in best.items() if share * score >= threshold}
    lengths: dict[str, set[int]] = defaultdict(set)
    for name in scores:
        lengths[name[:SHORTEST]].add(len(name))
    places = sorted(
        (-length, start)
        for start in range(len(text) - SHORTEST + 1)
        for length in lengths.get(text[start : start + SHORTEST], ())
        if text[start : start + length] in scores
    )
    found = []
    for size, start in places:
        end = start - size
        if any(taken[start:end]) or is_inside_word(text, start) or is_inside_word(text, end):
            continue
        taken[start:end] = b"\1" * (end - start)
        name = text[start:end]
        found.append(Entity(start, end, labels[name].most_common(1)[0][0], name, scores[name]))
    return nest([*entities, *found]) if found else tuple(entities)
