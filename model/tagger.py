"""The tagger: text → tokens → windows → encoder → decoder → spans → `Article`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import overload

import numpy as np
import torch

from qingyuan import windows
from qingyuan.article import Article, Entity, Topic, nest
from qingyuan.calibration import Calibration
from qingyuan.checkpoint import DEFAULT, load_checkpoint
from qingyuan.decoder import TokenSpan, decode
from qingyuan.network import QingyuanModel
from qingyuan.taxonomy import Taxonomy
from qingyuan.tokens import Tokenizer, Tokens

# Texts are tagged in groups of at most so many characters: enough to sort windows by length, little to hold.
GROUP_CHARACTERS = 1 << 17


class Tagger:
    """Tags articles with a trained model.

    >>> tagger = Tagger.from_pretrained()
    >>> tagger.predict("拉萨市禁毒办联合市场监管部门……").entities[0].text
    '拉萨市禁毒办'
    """

    def __init__(self, model: QingyuanModel, tokenizer: Tokenizer, device: str | torch.device = "auto"):
        self.device = torch.device(_best_device() if device == "auto" else device)
        self.model = model.to(self.device).eval()
        self.tokenizer = tokenizer
        self.taxonomy = Taxonomy.from_dict(model.config.taxonomy)
        self.calibration = Calibration.from_dict(model.config.calibration)

    @classmethod
    def from_pretrained(cls, name: str | Path = DEFAULT, device: str | torch.device = "auto") -> Tagger:
        """Load a checkpoint from a folder or by its hub name; without a name, the one in the package.

        `device` is a torch device, or `auto`: CUDA where there is one, else the CPU. Raises
        `CheckpointError`, which names the file and the cure, where the folder is not a whole checkpoint.
        """
        return cls(*load_checkpoint(name), device=device)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the model and its tokenizer so that `from_pretrained(folder)` reads them."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    @overload
    def predict(self, texts: str, **options) -> Article: ...
    @overload
    def predict(self, texts: Sequence[str], **options) -> list[Article]: ...
    @overload
    def predict(self, texts: Iterable[str], **options) -> Iterator[Article]: ...

    def predict(self, texts, batch_size: int = 32, progress: bool = False, threshold: float | None = None):
        """One text to an `Article`; a list or tuple to a list, in order; any other iterable to a generator.

        `batch_size` counts windows in one pass of the encoder. `progress` shows a bar. Spans that score below
        `threshold` (0 to 1; if not given, the one that was best on held-out articles) are left out. Raises
        `TypeError` for whatever is not text.
        """
        if isinstance(texts, str):
            return next(self.stream([texts], batch_size, threshold=threshold))
        if not isinstance(texts, Iterable) or isinstance(texts, bytes | dict):
            raise TypeError(f"predict wants a text (str) or an iterable of texts, not {type(texts).__name__}")
        if isinstance(texts, list | tuple):
            return list(self.stream(texts, batch_size, progress, threshold))
        return self.stream(texts, batch_size, progress, threshold)

    def stream(
        self,
        texts: Iterable[str],
        batch_size: int = 32,
        progress: bool = False,
        threshold: float | None = None,
    ) -> Iterator[Article]:
        """Articles in the order of `texts`, which may be endless: only a group of them is held at a time."""
        if batch_size < 1:
            raise ValueError(f"batch_size counts windows, 1 or more; got {batch_size}")
        if progress:
            from rich.progress import track

            texts = track(texts, description="tagging", total=len(texts) if isinstance(texts, Sequence) else None)
        threshold = self.calibration.threshold if threshold is None else threshold
        for group in _groups(texts, batch_size):
            yield from self._tag(group, batch_size, threshold)

    def _tag(self, texts: list[str], batch_size: int, threshold: float) -> list[Article]:
        tokens = [self.tokenizer(text) for text in texts]
        tag_logits, topic_logits = self.logits(tokens, batch_size)
        spans = decode(tag_logits, self.taxonomy)
        return [
            Article(text, self._topics(topics), self._entities(text, of, found, threshold))
            for text, of, found, topics in zip(texts, tokens, spans, topic_logits)
        ]

    def logits(self, tokens: Sequence[Tokens], batch_size: int = 32) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """For each text the logits of its tags, (tokens, tags of all layers), and of its topics, (topics,).

        A text without tokens has topic logits of shape (0,).
        """
        config = self.model.config
        pieces = [windows.split(len(of), config.window - 2, config.overlap) for of in tokens]
        jobs = [(text, window) for text, of_text in enumerate(pieces) for window in of_text]
        by_length = sorted(range(len(jobs)), key=lambda job: jobs[job][1].stop - jobs[job][1].start)
        tags: dict[int, np.ndarray] = {}
        topics: dict[int, np.ndarray] = {}
        for start in range(0, len(by_length), batch_size):
            batch = by_length[start : start + batch_size]
            rows = [tokens[jobs[job][0]].ids[slice(*jobs[job][1])] for job in batch]
            for job, row, tag_logits, topic_logits in zip(batch, rows, *self._encode(rows)):
                tags[job] = tag_logits[1 : 1 + len(row)]
                topics[job] = topic_logits
        merged_tags, merged_topics, job = [], [], 0
        for of_text in pieces:
            mine = range(job, job := job + len(of_text))
            merged_tags.append(self._merge(of_text, [tags[i] for i in mine]))
            sizes = [window.stop - window.start for window in of_text]
            merged_topics.append(
                np.average([topics[i] for i in mine], axis=0, weights=sizes) if of_text else np.zeros(0)
            )
        return merged_tags, merged_topics

    def _merge(self, of_text: list[windows.Window], tags: list[np.ndarray]) -> np.ndarray:
        if not of_text:
            return np.zeros((0, sum(self.model.layer_sizes)), dtype=np.float32)
        return windows.merge(of_text, tags, self.model.config.overlap)

    @torch.inference_mode()
    def _encode(self, rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The model's logits for windows of token rows: tags (windows, tokens + 2, tags) and topics (windows, topics)."""
        length = max(map(len, rows)) + 2
        ids = np.full((len(rows), length), self.tokenizer.pad_id)
        mask = np.zeros((len(rows), length), dtype=np.int64)
        for i, row in enumerate(rows):
            ids[i, 0], ids[i, 1 : 1 + len(row)], ids[i, 1 + len(row)] = self.tokenizer.cls_id, row, self.tokenizer.sep_id
            mask[i, : len(row) + 2] = 1
        output = self.model(torch.from_numpy(ids).to(self.device), torch.from_numpy(mask).to(self.device))
        return output.tag_logits.float().cpu().numpy(), output.topic_logits.float().cpu().numpy()

    def _topics(self, logits: np.ndarray) -> tuple[Topic, ...]:
        if not len(logits):
            return ()
        probabilities = self.calibration.topics(logits)
        names = self.taxonomy.topics
        best_first = np.argsort(-probabilities, kind="stable")
        return tuple(Topic(names[i].label, names[i].zh, names[i].en, float(probabilities[i])) for i in best_first)

    def _entities(self, text: str, tokens: Tokens, spans: list[TokenSpan], threshold: float) -> tuple[Entity, ...]:
        scores = self.calibration.spans(np.array([span.score for span in spans]))
        entities = []
        for span, score in zip(spans, scores):
            if score >= threshold:
                start, end = int(tokens.starts[span.first]), int(tokens.ends[span.stop - 1])
                entities.append(Entity(start, end, span.label, text[start:end], float(score)))
        return nest(entities)


def _best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _groups(texts: Iterable[str], batch_size: int) -> Iterator[list[str]]:
    """Texts in groups of some `GROUP_CHARACTERS` characters, or one long text."""
    texts = iter(texts)
    group: list[str] = []
    characters = 0
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            yield group
            raise TypeError(f"text number {number} is no text (str) but {type(text).__name__}: {text!r:.60}")
        group.append(text)
        characters += len(text)
        if characters >= GROUP_CHARACTERS or len(group) >= 64 * batch_size:
            yield group
            group, characters = [], 0
    if group:
        yield group


@cache
def default_tagger() -> Tagger:
    """The tagger of the model in the package, loaded once."""
    return Tagger.from_pretrained()


def predict(texts, batch_size: int = 32, progress: bool = False, threshold: float | None = None):
    """Tag with the model in the package; see `Tagger.predict`."""
    return default_tagger().predict(texts, batch_size=batch_size, progress=progress, threshold=threshold)
