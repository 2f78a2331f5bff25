"""Hugging Face: articles tagged by a `transformers` pipeline, `pipeline("article-tagging")`, once this is imported.

The pipeline's three steps are the tagger's own: tokens, logits, `Article`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from transformers import AutoModel, Pipeline
from transformers.pipelines import PIPELINE_REGISTRY

from qingyuan.backends.torch import TorchBackend, fast_dtype
from qingyuan.checkpoint import DEFAULT, SHIPPED, find_checkpoint, load_vocabulary
from qingyuan.network import QingyuanModel
from qingyuan.tagger import Tagger
from qingyuan.tokens import Tokenizer

TASK = "article-tagging"


class ArticleTaggingPipeline(Pipeline):
    """A text, or many, to `Article.to_dict()`.

    `batch_size` counts texts, `device` and `dtype` are those of every pipeline (without a `dtype`: bfloat16 on a GPU
    that computes in it, else float32). `threshold` leaves out names that score less; `dictionary` and `link` are those
    of `Tagger`.
    """

    _load_tokenizer = False  # ours is no tokenizer of transformers': it is read from the model's folder

    def __init__(
        self,
        model: QingyuanModel,
        tokenizer: Tokenizer | None = None,
        dtype: str | torch.dtype | None = "auto",
        dictionary: Any = None,
        link: bool = False,
        **options: Any,
    ):
        """Raises `ValueError` for a model that comes from no folder, if it is given without a tokenizer."""
        if tokenizer is None and not model.name_or_path:
            raise ValueError("the model comes from no folder: give its tokenizer, tokenizer=tagger.tokenizer")
        tokenizer = tokenizer or load_vocabulary(find_checkpoint(model.name_or_path))
        # The base class asks for these two before it makes a batch, though nothing is padded here.
        tokenizer.pad_token_id, tokenizer.padding_side = tokenizer.pad_id, "right"
        super().__init__(model=model, tokenizer=tokenizer, **options)
        if not isinstance(dtype, torch.dtype):
            dtype = fast_dtype(self.device) or torch.float32
        backend = TorchBackend(self.model.to(dtype), self.device)
        self.tagger = Tagger(backend, tokenizer, dictionary=dictionary, link=link)

    def _sanitize_parameters(self, threshold: float | None = None) -> tuple[dict, dict, dict]:
        return {}, {}, {} if threshold is None else {"threshold": threshold}

    def __call__(self, inputs: Any, **options: Any) -> Any:
        """A dict for a text, a list for a list, a tuple or a column of `datasets`; for all else an iterator."""
        if isinstance(inputs, Sequence) and not isinstance(inputs, str):
            inputs = list(inputs)
            if not inputs:
                return []
        elif isinstance(inputs, Iterator):
            inputs = (text for text in inputs)
        return super().__call__(inputs, **options)

    def preprocess(self, text: str) -> dict[str, Any]:
        if not isinstance(text, str):
            cure = 'of a dataset, give one column: KeyDataset(dataset, "text")'
            raise TypeError(f"{TASK} wants texts (str), not {type(text).__name__}; {cure}")
        return {"text": text, "tokens": self.tagger.tokenizer(text)}

    def _forward(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Texts and tokens with their logits, (of the tags, of the topics): those of one text, or lists of a batch."""
        if isinstance(inputs["text"], str):
            return {name: values[0] for name, values in self._forward({k: [v] for k, v in inputs.items()}).items()}
        return {**inputs, "logits": list(zip(*self.tagger.logits(inputs["tokens"])))}

    def postprocess(self, output: Mapping[str, Any], threshold: float | None = None) -> dict[str, Any]:
        tags, topics = output["logits"]
        return next(self.tagger.articles([output["text"]], [output["tokens"]], [tags], [topics], threshold)).to_dict()

    def save_pretrained(self, folder: str, **options: Any) -> None:
        """A checkpoint's folder, as `Tagger.save_pretrained` writes it: no code goes with it."""
        self.tagger.save_pretrained(folder)


PIPELINE_REGISTRY.register_pipeline(
    TASK,
    pipeline_class=ArticleTaggingPipeline,
    pt_model=AutoModel,
    default={"model": (str(SHIPPED / DEFAULT), None)},
    type="text",
)
