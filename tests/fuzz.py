"""Hostile texts by the thousand, on the model in the package: `python tests/fuzz.py 10000`.

Prints what breaks; the exit code is 1 where something does.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time

from hostile import NEWS, PIECES, broken_page_promises, broken_promises, differences, hostile_texts

from qingyuan import Tagger, split_page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", default="default")
    parser.add_argument("--backend", help="of `Tagger.from_pretrained`")
    parser.add_argument("--page", action="store_true", help="the page splitter too")
    parser.add_argument("--megabyte", action="store_true", help="a million characters of one kind too, a few times")
    given = parser.parse_args()
    tagger = Tagger.from_pretrained(given.model, **({"backend": given.backend} if given.backend else {}))
    texts = itertools.islice(hostile_texts(given.seed), given.count)
    count, broken, uneven, start = 0, 0, 0, time.time()
    while group := list(itertools.islice(texts, 64)):
        for text, article in zip(group, tagger.predict(group), strict=True):
            problems = broken_promises(text, article)
            if given.page:
                problems += broken_page_promises(text, split_page(text))
            if apart := differences(tagger.predict(text), article):
                uneven += 1
                print("alone and in a batch:", apart[:2], ascii(text)[:60], flush=True)
            broken += bool(problems)
            count += 1
            if problems:
                print(problems[:2], ascii(text)[:80], flush=True)
        if count % 1024 == 0:
            print(f"{count} texts, {broken} broken, {uneven} uneven, {time.time() - start:.0f} s", flush=True)
    for text in (piece * (1_000_000 // len(piece)) for piece in ("国", PIECES[0], PIECES[9], NEWS) if given.megabyte):
        problems = broken_promises(text, tagger.predict(text))
        print(f"{len(text)} of {ascii(text[:6])}: {problems or 'whole'}, {time.time() - start:.0f} s", flush=True)
        broken += bool(problems)
    print(f"{count} texts, {broken} broken, {uneven} told otherwise alone than in a batch")
    sys.exit(broken > 0)


if __name__ == "__main__":
    main()
