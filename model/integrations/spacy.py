"""A spaCy component: `nlp.add_pipe("qingyuan")`, which spaCy finds by itself where qingyuan is installed.

    doc.spans["qingyuan"]   all names, nested ones too; its `attrs` hold for each the score, `scores`, and where it
                            begins and ends in `doc.text`, `offsets`
    doc.ents                the outermost names
    doc.cats                the score of each topic

With `link` a place has the code of its division as its `kb_id_`.

A name that begins or ends inside a token is widened to whole tokens in spans and ents; its `offsets` stay exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qingyuan.article import Article, Entity
from qingyuan.checkpoint import DEFAULT
from qingyuan.tagger import Tagger

try:
    from spacy.language import Language
    from spacy.tokens import Doc, Span, SpanGroup
    from spacy.util import filter_spans, minibatch
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"{error}: spaCy is needed; pip install 'qingyuan[spacy]'") from error


class QingyuanComponent:
    """Its settings are in the config of `nlp`, which saves and loads it; the model's weights stay where they are."""

    def __init__(self, tagger: Tagger, spans_key: str, threshold: float | None):
        self.tagger, self.spans_key, self.threshold = tagger, spans_key, threshold

    def __call__(self, doc: Doc) -> Doc:
        return self._annotate(doc, self.tagger.predict(doc.text, threshold=self.threshold))

    def pipe(self, docs: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        for batch in minibatch(docs, batch_size):
            articles = self.tagger.predict([doc.text for doc in batch], threshold=self.threshold)
            yield from map(self._annotate, batch, articles)

    def _annotate(self, doc: Doc, article: Article) -> Doc:
        found = [(self._span(doc, entity), entity) for entity in article.entities]
        found = [(span, entity) for span, entity in found if span]  # between tokens is no more than whitespace
        attrs = {"scores": [e.score for _, e in found], "offsets": [[e.start, e.end] for _, e in found]}
        doc.spans[self.spans_key] = SpanGroup(doc, name=self.spans_key, attrs=attrs, spans=[span for span, _ in found])
        doc.ents = filter_spans(span for span, entity in found if entity.parent is None)
        doc.cats |= {topic.label: topic.score for topic in article.topics}
        return doc

    @staticmethod
    def _span(doc: Doc, entity: Entity) -> Span:
        code = entity.place.code if entity.place else ""
        return doc.char_span(entity.start, entity.end, entity.label, code, alignment_mode="expand")


@Language.factory(
    "qingyuan",
    assigns=["doc.spans", "doc.ents", "doc.cats"],
    default_config={
        "model": DEFAULT,
        "device": "auto",
        "backend": "auto",
        "dictionary": None,
        "link": False,
        "spans_key": "qingyuan",
        "threshold": None,
    },
)
def make_component(
    nlp: Language,
    name: str,
    model: str,
    device: str,
    backend: str,
    dictionary: str | None,
    link: bool,
    spans_key: str,
    threshold: float | None,
) -> QingyuanComponent:
    """`threshold` as for `Tagger.predict`, `spans_key` as above, all others as for `Tagger.from_pretrained`."""
    return QingyuanComponent(Tagger.from_pretrained(model, device, backend, dictionary, link), spans_key, threshold)
