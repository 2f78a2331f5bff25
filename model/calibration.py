"""From raw scores to probabilities that hold: what the model claims is how often it is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class Calibration:
    """Fitted on held-out articles by `qingyuan.training.calibration`.

    Topics: logits are divided by `topic_temperature` (Guo et al., 2017). Spans: the log-odds of a raw score
    become `span_scale` × log-odds + `span_shift` (Platt, 1999). Spans that score below `threshold` are more often
    wrong than they are worth; they are left out unless another threshold is asked for. `repeat_share` tells how
    often a name that is one in one place of an article is one in another (`qingyuan.repeats`); at 0 none is looked for.
    """

    topic_temperature: float = 1.0
    span_scale: float = 1.0
    span_shift: float = 0.0
    threshold: float = 0.0
    repeat_share: float = 0.0

    def topics(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities of logits, over the last axis; both (…, topics)."""
        return softmax(logits / self.topic_temperature)

    def spans(self, raw: np.ndarray) -> np.ndarray:
        """Probabilities of raw span scores, both (spans,)."""
        return 1 / (1 + np.exp(-(self.span_scale * log_odds(raw) + self.span_shift)))

    def to_dict(self) -> dict[str, float]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, float]) -> Calibration:
        made = cls(**values)
        if not all(isinstance(value, int | float) and np.isfinite(value) for value in asdict(made).values()):
            raise ValueError(f"calibration wants numbers, not {dict(values)}")
        if made.topic_temperature <= 0:
            raise ValueError(f"topic_temperature is {made.topic_temperature}; it divides, and is above 0")
        return made


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Finite for certainty too."""
    probabilities = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return np.log(probabilities) - np.log1p(-probabilities)
