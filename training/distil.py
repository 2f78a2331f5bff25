"""Distillation: a model learns from what others say, larger ones or its like, on labelled and unlabelled articles alike.

Teachers and student read the same batch, changed by the same chance, at every step (as in Beyer et al., 2022,
"Knowledge distillation: a good teacher is patient and consistent"). Several teachers vote: the mean of their
probabilities is what the student learns, so that an ensemble becomes one model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from torch import nn

from qingyuan.article import Article
from qingyuan.checkpoint import load_checkpoint
from qingyuan.network import IGNORED, QingyuanModel
from qingyuan.taxonomy import Taxonomy
from qingyuan.tokens import CharacterTokenizer, Tokenizer
from qingyuan.training.config import DistilConfig
from qingyuan.training.data import windows_dataset
from qingyuan.training.leaks import refuse_leaks
from qingyuan.training.shrink import shrink
from qingyuan.training.sources import read_texts
from qingyuan.training.trainer import TaggerTrainer, fit, set_up


class Teachers(nn.Module):
    """Models with one taxonomy and one vocabulary, which are not trained any more."""

    def __init__(self, models: Sequence[QingyuanModel]):
        super().__init__()
        self.models = nn.ModuleList(models).eval().requires_grad_(False)

    @torch.no_grad()
    def forward(
        self, inputs: Mapping[str, torch.Tensor], temperature: float
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """What they say on average, and what the first of them thinks.

        The mean probabilities of each layer's tags, (windows, tokens, tags), and of the topics, (windows, topics);
        the first one's hidden states, (windows, tokens, width).
        """
        outputs = [model(inputs["input_ids"], inputs["attention_mask"]) for model in self.models]
        votes = [
            [(part.float() / temperature).softmax(-1) for part in model.split_logits(output.tag_logits, output.topic_logits)]
            for model, output in zip(self.models, outputs)
        ]
        return [torch.stack(of_part).mean(0) for of_part in zip(*votes)], outputs[0].hidden


class DistilTrainer(TaggerTrainer):
    """The loss: against the teachers' words, against their hidden states, and against the labels where there are any."""

    def __init__(self, model: QingyuanModel, *args, teachers: Teachers):
        super().__init__(model, *args)
        self.teachers = teachers.to(self.args.device)

    def compute_loss(self, model: nn.Module, inputs: dict[str, torch.Tensor], return_outputs: bool = False, **_):
        config, mask = self.config, inputs["attention_mask"]
        output = model(**inputs)
        with self.accelerator.autocast():
            targets, thoughts = self.teachers(inputs, config.temperature)
        present = mask > 0
        student, told = self.accelerator.unwrap_model(model), (output.tag_logits, output.topic_logits)
        said = student.soft_loss(told, targets, present, config.temperature)
        loss = said + config.gold_weight * output.loss
        if config.hidden_weight:
            loss = loss + config.hidden_weight * relation_loss(output.hidden[present], thoughts[present])
        return (loss, output) if return_outputs else loss


def relation_loss(hidden: torch.Tensor, target: torch.Tensor, rows: int = 512) -> torch.Tensor:
    """How far tokens are alike for the student as they are for the teacher; both (tokens, width), of any widths.

    The mean squared difference between the cosines of all pairs of some `rows` tokens, evenly chosen: no map from one
    width to the other has to be learned (Park et al., 2019, "Relational knowledge distillation").
    """
    step = max(1, len(hidden) // rows)
    student, teacher = (nn.functional.normalize(states[::step].float(), dim=-1) for states in (hidden, target))
    return nn.functional.mse_loss(student @ student.T, teacher @ teacher.T)


def distil(config: DistilConfig, resume: bool = False) -> dict[str, float]:
    """Cut a student out of `config.model`, teach it, and write the best one, calibrated, to `config.output`.

    Returns its dev scores. Raises `ValueError` where teachers and student differ in labels, topics or vocabulary.
    """
    model, tokenizer, taxonomy, dev_articles, dataset = set_up(config)
    texts = read_texts(config.texts)
    if config.check_leaks:
        refuse_leaks(texts)
    teachers = load_teachers(config.teachers, model, tokenizer)
    if texts:
        dataset = concatenate_datasets([dataset, unlabelled_dataset(texts.values(), tokenizer, taxonomy, config)])
    student = shrink(model, config.layers, config.width, config.intermediate)
    return fit(DistilTrainer(student, tokenizer, dev_articles, config, dataset, teachers=teachers), resume)


def load_teachers(names: Sequence[str], student: QingyuanModel, tokenizer: Tokenizer) -> Teachers:
    """The teachers, each held against the student: what differs in labels or vocabulary can't be compared."""
    teachers = []
    for name in names:
        teacher, reads = load_checkpoint(name)
        if teacher.config.taxonomy != student.config.taxonomy:
            raise ValueError(f"teachers: {name} has other labels or topics than the student; use models of one taxonomy")
        if not _same_vocabulary(reads, tokenizer):
            raise ValueError(f"teachers: {name} reads other tokens than the student; use models of one vocabulary")
        teachers.append(teacher)
    return Teachers(teachers)


def unlabelled_dataset(texts, tokenizer: Tokenizer, taxonomy: Taxonomy, config: DistilConfig) -> Dataset:
    """Windows of texts with every tag and topic unknown, the columns of `windows_dataset`."""
    dataset = windows_dataset([Article(text) for text in texts], tokenizer, taxonomy, config.window, config.overlap)
    return dataset.map(
        lambda row: {"tags": np.full_like(row["tags"], IGNORED)}, features=dataset.features, load_from_cache_file=False
    )


def _same_vocabulary(one: Tokenizer, other: Tokenizer) -> bool:
    if isinstance(one, CharacterTokenizer) and isinstance(other, CharacterTokenizer):
        return one.vocabulary == other.vocabulary
    return type(one) is type(other) and len(one) == len(other)
