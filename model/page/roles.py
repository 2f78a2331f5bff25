"""What each line of a page is: a small network over the lines' features, and the best path through its scores.

The network reads a line (`qingyuan.page.reading`), takes what is measured on it (`qingyuan.page.features`), and looks at
its neighbours (dilated convolutions over lines); the path is that of a linear-chain conditional random field (Lafferty
et al., 2001), found by Viterbi's search. `qingyuan train-page` makes the weights; here they are read, by numpy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from qingyuan.page.features import dense_features
from qingyuan.page.lines import Line, read_lines
from qingyuan.page.reading import character_rows, reading, rows_of

ROLES = ("headline", "subhead", "body", "continuation", "byline", "caption", "other")
FURNITURE = ("caption", "other")
"""The roles of lines that belong to no article."""

STATES = range(11)
HEADLINE, HEADLINE_NEXT, HEADLINE_JOINED, SUBHEAD, SUBHEAD_JOINED = STATES[:5]
BODY, BODY_JOINED, BYLINE, CAPTION, CAPTION_JOINED, OTHER = STATES[5:]
"""Roles as the path knows them. A headline's first line begins an article, `NEXT` is another line of the same
headline; what is `JOINED` goes on in the middle of a sentence, or of a name, that the line before broke off."""

ROLE_OF = (*("headline",) * 3, *("subhead",) * 2, "body", "continuation", "byline", *("caption",) * 2, "other")
JOINED = frozenset((HEADLINE_JOINED, SUBHEAD_JOINED, BODY_JOINED, CAPTION_JOINED))

# What a line may follow where not anything goes. Furniture may stand in the middle of a sentence.
_FOLLOWS = {
    HEADLINE_NEXT: (HEADLINE, HEADLINE_NEXT, HEADLINE_JOINED),
    HEADLINE_JOINED: (HEADLINE, HEADLINE_NEXT, HEADLINE_JOINED),
    SUBHEAD_JOINED: (SUBHEAD, SUBHEAD_JOINED),
    BODY_JOINED: (BODY, BODY_JOINED, CAPTION, CAPTION_JOINED, OTHER),
    CAPTION_JOINED: (CAPTION, CAPTION_JOINED),
}
_FORBIDDEN = -1e4

WEIGHTS = Path(__file__).parent.parent / "weights" / "page" / "roles.npz"


def forbidden_steps() -> np.ndarray:
    """What is added to the score of a step from one state (row) to another (column): nothing, or very little."""
    steps = np.zeros((len(STATES), len(STATES)), dtype=np.float32)
    for state, before in _FOLLOWS.items():
        steps[[other for other in STATES if other not in before], state] = _FORBIDDEN
    return steps


def forbidden_starts() -> np.ndarray:
    """The same for the first line of a page."""
    starts = np.zeros(len(STATES), dtype=np.float32)
    starts[list(_FOLLOWS)] = _FORBIDDEN
    return starts


class RoleModel:
    """Tells the states of lines. `weights` are the arrays of `qingyuan.training.role_network.RoleNetwork.weights`."""

    def __init__(self, weights: dict[str, np.ndarray]):
        self.characters = rows_of(weights["characters"].tolist())
        self.common = frozenset(weights["common"].tolist())
        self._weights = {
            name: value.astype(np.float32) for name, value in weights.items() if value.dtype.kind == "f"
        }
        self._layers = sum(name.startswith("conv") for name in weights)

    @classmethod
    def load(cls, path: str | Path = WEIGHTS) -> RoleModel:
        """Read the weights at `path`; without one, those in the package.

        Raises `ValueError`, which names the file and the cure, for a file without them, and `OSError` where there is none.
        """
        try:
            with np.load(path) as file:  # numpy refuses pickles unless told otherwise
                model = cls(dict(file))
            model(read_lines("一行"))  # what lacks an array, or has one of another shape, shows it here
        except (KeyError, ValueError, TypeError, EOFError, BadZipFile) as error:
            cure = "make them with this version's `qingyuan train-page`"
            raise ValueError(f"{path}: these are no weights of a line classifier; {cure}") from error
        return model

    def __call__(self, lines: Sequence[Line]) -> list[int]:
        """The state of each line."""
        if not lines:
            return []
        return best_path(self.scores(lines), self._weights["start"], self._weights["steps"])

    def scores(self, lines: Sequence[Line]) -> np.ndarray:
        """The network's scores, shape (lines, states)."""
        w = self._weights
        measured = (dense_features(lines, self.common) - w["mean"]) / w["scale"]
        read = reading(character_rows(lines, self.characters), w)
        hidden = np.maximum(measured @ w["dense"] + read @ w["read"] + w["bias"], 0)
        for layer in range(self._layers):
            hidden = hidden + np.maximum(_convolve(hidden, w[f"conv{layer}"], 1 << layer) + w[f"shift{layer}"], 0)
        return hidden @ w["out"] + w["out_bias"]


def _convolve(hidden: np.ndarray, kernel: np.ndarray, dilation: int) -> np.ndarray:
    """`hidden` (lines, in) under a `kernel` (taps, in, out) whose taps lie `dilation` lines apart; zeros outside."""
    taps, lines = len(kernel), len(hidden)
    reach = taps // 2 * dilation
    padded = np.pad(hidden, ((reach, reach), (0, 0)))
    return sum(padded[tap * dilation : tap * dilation + lines] @ kernel[tap] for tap in range(taps))


def best_path(scores: np.ndarray, start: np.ndarray, steps: np.ndarray) -> list[int]:
    """The states of highest total score; `scores` are (lines, states), `steps` from row to column."""
    came_from = np.empty(scores.shape, dtype=np.int64)
    total = start + scores[0]
    for line in range(1, len(scores)):
        ways = total[:, None] + steps
        came_from[line] = ways.argmax(0)
        total = ways.max(0) + scores[line]
    path = [int(total.argmax())]
    for line in range(len(scores) - 1, 0, -1):
        path.append(int(came_from[line, path[-1]]))
    return path[::-1]


@cache
def default_role_model() -> RoleModel:
    """The model in the package, loaded once."""
    return RoleModel.load()
