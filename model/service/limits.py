"""How much a request may hold, how much may wait, and how much is tagged at once."""

from __future__ import annotations

from dataclasses import dataclass

from qingyuan.tagger import GROUP_CHARACTERS


@dataclass(frozen=True)
class Limits:
    """Bytes of a request's body; texts and characters of a request, of all that wait, and of a batch.

    A text longer than `batch_characters` is a batch of its own. Raises `ValueError` where a request that is allowed
    could never be taken in.
    """

    body: int = 4 << 20
    texts: int = 1_000
    characters: int = 200_000
    waiting_texts: int = 4_000
    waiting_characters: int = 400_000
    batch_texts: int = 64
    batch_characters: int = GROUP_CHARACTERS

    def __post_init__(self):
        for kind in ("texts", "characters"):
            one, all_waiting = getattr(self, kind), getattr(self, f"waiting_{kind}")
            if one > all_waiting:
                raise ValueError(
                    f"a request may hold {one:,} {kind} but only {all_waiting:,} may wait; "
                    f"raise --max-waiting-{kind} or lower --max-{kind}"
                )
