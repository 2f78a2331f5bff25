"""The tagger: text → tokens → windows → encoder → decoder → spans → `Article`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, overload

import numpy as np

from qingyuan.article import Article, Entity, Topic, nest
from qingyuan.backends import Backend, load_backend
from qingyuan.checkpoint import DEFAULT, find_checkpoint, load_vocabulary
from qingyuan.decoder import TokenSpan, decode
from qingyuan.dictionary import Dictionary
from qingyuan.linking import link as link_names
from qingyuan.page import Page, RoleModel, split_page, tag_articles
from qingyuan.places import divisions
from qingyuan.repeats import add_repeats
from qingyuan.scoring import Scoring
from qingyuan.tokens import Tokenizer, Tokens

if TYPE_CHECKING:
    import torch

    from qingyuan.network import QingyuanModel

# Texts are tagged in groups of at most so many characters: enough to sort windows by length, little to hold.
GROUP_CHARACTERS = 1 << 16
GROUP_TEXTS = 1 << 11


class Tagger:
    """Tags articles with a trained model.

    >>> tagger = Tagger.from_pretrained()
    >>> tagger.predict("拉萨市禁毒办联合市场监管部门……").entities[0].text
    '拉萨市禁毒办'
    """

    def __init__(
        self,
        model: QingyuanModel | Backend,
        tokenizer: Tokenizer,
        device: str | torch.device = "auto",
        dictionary: Dictionary | Mapping[str, str] | str | Path | None = None,
        link: bool = False,
    ):
        """A model of torch, which goes to `device`, or a backend that has its place already.

        `dictionary` and `link` are those of `from_pretrained`.
        """
        if not isinstance(model, Backend):
            from qingyuan.backends.torch import TorchBackend

            model = TorchBackend(model, device)
        self.backend = model
        self.tokenizer = tokenizer
        self.taxonomy = model.settings.taxonomy
        self.calibration = model.settings.calibration
        self.dictionary = None if dictionary is None else Dictionary.of(dictionary)
        if self.dictionary is not None:
            self.dictionary.check_labels(self.taxonomy)
        self.link = link
        self.folder: Path | None = None
        if link:
            divisions()  # tells at once where their package is missing

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path = DEFAULT,
        device: str | torch.device = "auto",
        backend: str = "auto",
        dictionary: Dictionary | Mapping[str, str] | str | Path | None = None,
        link: bool = False,
    ) -> Tagger:
        """Load a checkpoint from a folder or by its hub name; without a name, the one in the package.

        `device` is a torch device, or `auto`: CUDA where there is one, else the CPU. `backend` is `torch`, `onnx`
        (int8, on the CPU), or `auto`: the faster one on the device, of those that are there. `dictionary` has names
        that are always found, or never: a `Dictionary`, a mapping of names to labels, or a file. `link` fills `place`
        and `refers_to` of the entities; see `qingyuan.linking`. Raises `CheckpointError`, which names the file and
        the cure, where the folder is not a whole checkpoint, and `DictionaryError` for a bad dictionary.
        """
        folder = find_checkpoint(name)
        model = load_backend(folder, backend, device)
        tagger = cls(model, load_vocabulary(folder), dictionary=dictionary, link=link)
        tagger.folder = folder
        return tagger

    @property
    def model(self) -> QingyuanModel:
        """The model of the torch backend; the onnx one has none."""
        return self.backend.model

    @property
    def device(self) -> torch.device | str:
        return self.backend.device

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the model, its tokenizer and its card so that `from_pretrained(folder)` reads them.

        The int8 model of the onnx backend is copied with all of its folder. A fast model has no int8 file of its own:
        load it with `backend="torch"`, else `ValueError` is raised.
        """
        from qingyuan.hub import save

        save(self, Path(folder))

    def push_to_hub(self, repo_id: str, private: bool | None = None, token: str | None = None, **options):
        """Put the tagger on the Hugging Face hub, as `owner/model`; returns the hub's `CommitInfo`.

        A tagger that was loaded from a folder is pushed as it lies there, int8 weights and card included; save a
        changed one first. A fast model goes with the model that it is inside of, or alone if loaded with
        `backend="torch"`. `options` are those of `HfApi.upload_folder`, such as `commit_message` or `create_pr`.
        """
        from qingyuan.hub import push

        return push(self, repo_id, private, token, **options)

    @overload
    def predict(self, texts: str, **options) -> Article: ...
    @overload
    def predict(self, texts: Sequence[str], **options) -> list[Article]: ...
    @overload
    def predict(self, texts: Iterable[str], **options) -> Iterator[Article]: ...

    def predict(self, texts, batch_size: int | None = None, progress: bool = False, threshold: float | None = None):
        """One text to an `Article`; a list or tuple to a list, in order; any other iterable to a generator.

        `batch_size` is the most windows in one pass of the encoder; if not given, as many as serve it best.
        `progress` shows a bar. Spans that score below `threshold` (0 to 1; if not given, the one that was best on
        held-out articles) are left out. Raises `TypeError` for whatever is not text.
        """
        if isinstance(texts, str):
            return next(self.stream([texts], batch_size, threshold=threshold))
        if not isinstance(texts, Iterable) or isinstance(texts, bytes | dict):
            raise TypeError(f"predict wants a text (str) or an iterable of texts, not {type(texts).__name__}")
        if isinstance(texts, list | tuple):
            return list(self.stream(texts, batch_size, progress, threshold))
        return self.stream(texts, batch_size, progress, threshold)

    def predict_page(
        self,
        text: str,
        batch_size: int | None = None,
        threshold: float | None = None,
        roles: RoleModel | None = None,
    ) -> Page:
        """The articles of a newspaper page, each with its topic and entities; see `qingyuan.page`.

        `roles` tells what its lines are, if not the classifier in the package.
        """
        return next(tag_articles(self, [split_page(text, roles)], batch_size, threshold))

    def predict_frame(self, df, text: str = "正文", batch_size: int | None = None, threshold: float | None = None):
        """A pandas or polars DataFrame with topic, topic_score, entities and error added to each row of texts.

        `text` names the column of the texts, `entities` are those of `Article.to_dict`. A row without a text is told
        in `error`, which is null for the others. Raises `ValueError` where `text` is missing or a new column is there.
        """
        from qingyuan.integrations.frames import tag_frame

        return tag_frame(self, df, text, batch_size=batch_size, threshold=threshold)

    def map_batch(self, batch, text: str = "text", batch_size: int | None = None, threshold: float | None = None):
        """The new columns of `predict_frame` for columns by name: `dataset.map(tagger.map_batch, batched=True)`."""
        from qingyuan.integrations.columns import check_names, tag_rows

        check_names(batch, text)
        return tag_rows(self, batch[text], batch_size, threshold)

    def stream(
        self,
        texts: Iterable[str],
        batch_size: int | None = None,
        progress: bool = False,
        threshold: float | None = None,
    ) -> Iterator[Article]:
        """Articles in the order of `texts`, which may be endless: two groups of them are held at a time.

        While one group is decoded the encoder works on the next. Where `texts` fails, all that came before is given
        first.
        """
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size counts windows, 1 or more; got {batch_size}")
        if progress:
            from rich.progress import track

            texts = track(texts, description="tagging", total=len(texts) if isinstance(texts, Sequence) else None)
        threshold = self.calibration.threshold if threshold is None else threshold
        started: list[_Group] = []
        try:
            for group in _groups(texts):
                if isinstance(group, Exception):
                    for waiting in started:
                        yield from self._finish(waiting, threshold)
                    raise group
                started.append(self._start(group, batch_size))
                if len(started) > 1:
                    yield from self._finish(started.pop(0), threshold)
            while started:
                yield from self._finish(started.pop(0), threshold)
        finally:
            for waiting in started:
                waiting.scoring.cancel()

    def _start(self, texts: list[str], batch_size: int | None) -> _Group:
        tokens = [self.tokenizer(text) for text in texts]
        return _Group(texts, tokens, Scoring(tokens, self.tokenizer, self.backend, batch_size))

    def _finish(self, group: _Group, threshold: float) -> Iterator[Article]:
        return self.articles(group.texts, group.tokens, *group.scoring.result(), threshold)

    def articles(
        self,
        texts: Sequence[str],
        tokens: Sequence[Tokens],
        tag_logits: Sequence[np.ndarray],
        topic_logits: Sequence[np.ndarray],
        threshold: float | None = None,
    ) -> Iterator[Article]:
        """What `logits` say of texts, decoded: an `Article` for each."""
        threshold = self.calibration.threshold if threshold is None else threshold
        for text, of, found, topics in zip(texts, tokens, decode(tag_logits, self.taxonomy), topic_logits):
            article = Article(text, self._topics(topics), self._entities(text, of, found, threshold))
            yield link_names(article) if self.link else article

    def logits(
        self, tokens: Sequence[Tokens], batch_size: int | None = None
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """For each text the logits of its tags, (tokens, tags of all layers), and of its topics, (topics,).

        A text without tokens has topic logits of shape (0,).
        """
        return Scoring(tokens, self.tokenizer, self.backend, batch_size).result()

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
        found = nest(entities)
        if share := self.calibration.repeat_share:
            found = add_repeats(text, found, share, threshold)
        return found if self.dictionary is None else self.dictionary.apply(text, found, self.taxonomy)


class _Group(NamedTuple):
    """Texts whose scores are on their way."""

    texts: list[str]
    tokens: list[Tokens]
    scoring: Scoring


def _groups(texts: Iterable[str]) -> Iterator[list[str] | Exception]:
    """Texts in groups of `GROUP_CHARACTERS` characters at most, or one longer text; at the end the error of `texts`."""
    group: list[str] = []
    characters = 0
    failure = None
    try:
        for number, text in enumerate(texts):
            if not isinstance(text, str):
                raise TypeError(f"text number {number} is no text (str) but {type(text).__name__}: {text!r:.60}")
            if group and (characters + len(text) > GROUP_CHARACTERS or len(group) == GROUP_TEXTS):
                yield group
                group, characters = [], 0
            group.append(text)
            characters += len(text)
    except Exception as error:
        failure = error
    if group:
        yield group
    if failure:
        yield failure


@cache
def default_tagger() -> Tagger:
    """The tagger of the model in the package, loaded once."""
    return Tagger.from_pretrained()


def predict(texts, batch_size: int | None = None, progress: bool = False, threshold: float | None = None):
    """Tag with the model in the package; see `Tagger.predict`."""
    return default_tagger().predict(texts, batch_size=batch_size, progress=progress, threshold=threshold)
