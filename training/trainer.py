"""Training: transformers' `Trainer`, scored on held-out articles after each epoch; the best model is kept."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import yaml
from datasets import Dataset
from huggingface_hub import EvalResult
from transformers import EarlyStoppingCallback, set_seed

from qingyuan.article import Article
from qingyuan.calibration import Calibration
from qingyuan.card import CARD_FILE, SPANS, TOPICS, result, write_card
from qingyuan.checkpoint import FAST, FAST_FILE, ONNX_FILE, TRAINING_FILE
from qingyuan.eval.metrics import strict_f1
from qingyuan.hub import save_inside
from qingyuan.network import QingyuanModel
from qingyuan.tagger import Tagger
from qingyuan.taxonomy import Taxonomy
from qingyuan.tokens import Tokenizer
from qingyuan.training.arguments import training_arguments
from qingyuan.training.average import WeightAverage
from qingyuan.training.calibration import fit_calibration
from qingyuan.training.collator import Collator
from qingyuan.training.config import TrainConfig
from qingyuan.training.data import fitting_records, taxonomy_of, windows_dataset
from qingyuan.training.formats import Record, RecordError
from qingyuan.training.leaks import refuse_leaks
from qingyuan.training.mentions import Mentions
from qingyuan.training.resume import ResumableTrainer, written_whole
from qingyuan.training.sources import read_records
from qingyuan.training.start import load_start, starting_taxonomy

logger = logging.getLogger(__name__)

SCORE = "eval_score"


class TaggerTrainer(ResumableTrainer):
    """Evaluates by tagging `dev_articles`; writes the best model so far to `config.output`."""

    def __init__(
        self,
        model: QingyuanModel,
        tokenizer: Tokenizer,
        dev_articles: Sequence[Article],
        config: TrainConfig,
        train_dataset: Dataset,
    ):
        callbacks = []
        if config.trainer.early_stopping:
            callbacks.append(EarlyStoppingCallback(early_stopping_patience=config.trainer.early_stopping))
        mentions = Mentions(train_dataset) if config.augment.mentions else None
        super().__init__(
            model,
            training_arguments(
                config.trainer,
                config.output,
                eval_strategy="epoch",
                metric_for_best_model=SCORE,
                greater_is_better=True,
                remove_unused_columns=False,
            ),
            train_dataset=train_dataset,
            eval_dataset=train_dataset.select(range(1)),  # the Trainer wants one; `evaluate` tags the dev articles
            data_collator=Collator(tokenizer, config.augment, config.window, config.trainer.seed, mentions),
            callbacks=callbacks,
        )
        self.tokenizer = tokenizer
        self.dev_articles = dev_articles
        self.config = config
        self.average = WeightAverage(model, config.trainer.ema) if config.trainer.ema else None
        if self.average:
            self.add_callback(self.average)

    def create_optimizer(self, *args, **options) -> torch.optim.Optimizer:
        """AdamW; the heads, which start from nothing, learn faster; biases and norms do not decay."""
        if self.optimizer is None:
            heads_rate = self.config.trainer.head_learning_rate or 10 * self.args.learning_rate
            groups: dict[tuple[float, float], list] = {}
            for name, weight in self.model.named_parameters():
                rate = self.args.learning_rate if name.startswith("encoder.") else heads_rate
                decay = self.args.weight_decay if weight.ndim > 1 else 0.0
                groups.setdefault((rate, decay), []).append(weight)
            self.optimizer = torch.optim.AdamW(
                [{"params": weights, "lr": rate, "weight_decay": decay} for (rate, decay), weights in groups.items()],
                fused=True,
            )
        return self.optimizer

    def save_model(self, output_dir: str | None = None, **options) -> None:
        super().save_model(output_dir, **options)
        if self.average and output_dir and self.is_world_process_zero():
            self.average.save(output_dir)

    def evaluate(self, *args, **options) -> dict[str, float]:
        """`eval_f1`, strict F1 of the spans on the dev articles, and `eval_topic_accuracy`.

        `eval_score`, which picks the best epoch, is the first, or the second where the model knows topics only. With
        `_fast` at the end they are those of the early exit.
        """
        model = self.average.model if self.average else self.model
        tagger = Tagger(model, self.tokenizer, self.args.device)
        metrics = dev_metrics(tagger, self.dev_articles)
        if early := _early_exit(tagger):
            metrics |= _of_exit(dev_metrics(early, self.dev_articles))
        self.model.train()
        best = max((log[SCORE] for log in self.state.log_history if SCORE in log), default=-1.0)
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        if metrics[SCORE] > best and self.is_world_process_zero():
            with written_whole(self.config.output) as folder:
                save(tagger, folder, self.config.half_precision)
        return metrics


def train(config: TrainConfig, resume: bool = False) -> dict[str, float]:
    """Train as `config` says; the best model, calibrated, is in `config.output` at the end.

    Returns the dev scores of that model. Raises `RecordError` for a bad record (unless `on_bad_record` is
    `skip`: then each is told and left out), `LeakError` where training text leaks the evaluation page.
    """
    start = set_up(config)
    return fit(TaggerTrainer(start.model, start.tokenizer, start.dev_articles, config, start.dataset), resume)


class Start(NamedTuple):
    """What a training begins with."""

    model: QingyuanModel
    tokenizer: Tokenizer
    taxonomy: Taxonomy
    dev_articles: list[Article]
    dataset: Dataset


def set_up(config: TrainConfig) -> Start:
    """Fix what is drawn by chance, read the articles, and load the model to begin with."""
    set_seed(config.trainer.seed)
    taxonomy, train_records, dev_records = load_data(config)
    train_articles, dev_articles = ([record.article for record in part] for part in (train_records, dev_records))
    model, tokenizer = load_start(config, taxonomy, (article.text for article in train_articles))
    dataset = windows_dataset(train_articles, tokenizer, taxonomy, config.window, config.overlap)
    return Start(model, tokenizer, taxonomy, dev_articles, dataset)


def fit(trainer: TaggerTrainer, resume: bool = False) -> dict[str, float]:
    """Run a training to its end: the best model, calibrated, lies in its output folder; returns its dev scores."""
    for name in (ONNX_FILE, FAST_FILE):  # of weights that are about to change
        (trainer.config.output / name).unlink(missing_ok=True)
    trainer.train(resume_from_checkpoint=resume)
    if not trainer.is_world_process_zero():
        return {}
    return finish(trainer.config, trainer.dev_articles)


def load_data(config: TrainConfig) -> tuple[Taxonomy, list[Record], list[Record]]:
    """The taxonomy, and the articles to learn and to hold out, all of them fit for it."""
    on_error = _tell if config.on_bad_record == "skip" else None
    parts = [read_records(sources, on_error) for sources in (config.train, config.dev)]
    for records, name in zip(parts, ("train", "dev")):
        if not records:
            raise ValueError(f"{name}: no articles in {', '.join(getattr(config, name)) or 'an empty list'}")
    if config.taxonomy == "from_data":
        taxonomy = taxonomy_of(record.article for record in parts[0])
    elif config.taxonomy is not None:
        taxonomy = Taxonomy.from_dict(config.taxonomy)
    else:
        taxonomy = starting_taxonomy(config.model)
    train_records, dev_records = (fitting_records(records, taxonomy, on_error) for records in parts)
    if config.check_leaks:
        refuse_leaks({record.where: record.article.text for record in train_records})
    return taxonomy, train_records, dev_records


def dev_metrics(tagger: Tagger, gold: Sequence[Article]) -> dict[str, float]:
    """Strict F1, topic accuracy, and the score that picks the best epoch: F1, unless topics are all there is."""
    predicted = tagger.predict([article.text for article in gold])
    known = [(g.topic.label, p.topic.label) for g, p in zip(gold, predicted) if g.topic and p.topic]
    accuracy = sum(g == p for g, p in known) / len(known) if known else 0.0
    f1 = strict_f1(gold, predicted)
    return {"eval_f1": f1, "eval_topic_accuracy": accuracy, SCORE: f1 if tagger.taxonomy.labels else accuracy}


def finish(config: TrainConfig, dev_articles: Sequence[Article]) -> dict[str, float]:
    """Calibrate the best model on the dev articles, the fast one in it too, and write down how it was made."""
    tagger = Tagger.from_pretrained(config.output, backend="torch")
    tagger.calibration = fit_calibration(tagger, dev_articles)
    tagger.model.config.calibration = tagger.calibration.to_dict()
    made_by = yaml.safe_dump(config.model_dump(mode="json"), allow_unicode=True, sort_keys=False)
    scores = dev_metrics(tagger, dev_articles)
    early = _early_exit(tagger)
    if early:
        early.calibration = fit_calibration(early, dev_articles)
        scores |= _of_exit(dev_metrics(early, dev_articles))
    with written_whole(config.output) as folder:
        save(tagger, folder, config.half_precision, early.calibration if early else None)
        (folder / TRAINING_FILE).write_text(made_by, encoding="utf-8")
        if (config.output / CARD_FILE).is_file():
            shutil.copyfile(config.output / CARD_FILE, folder / CARD_FILE)
        try:
            write_card(folder, _results(tagger.taxonomy, scores, len(dev_articles)), name=config.output.name)
        except ValueError as error:  # of a card that was there: no reason to lose a training
            logger.warning("the card stays as it was: %s", error)
    return scores


def _results(taxonomy: Taxonomy, scores: dict[str, float], articles: int) -> list[EvalResult]:
    """The dev scores for the model's card."""
    of = {"dataset_type": "dev", "dataset_name": "held-out articles of the training", "dataset_split": "validation"}
    of["dataset_args"] = {"articles": articles}
    spans = [result(SPANS, "f1", scores["eval_f1"], of)] if taxonomy.labels else []
    return spans + ([result(TOPICS, "accuracy", scores["eval_topic_accuracy"], of)] if taxonomy.topics else [])


def _early_exit(tagger: Tagger) -> Tagger | None:
    model = tagger.model
    return Tagger(model.early_exit(), tagger.tokenizer, tagger.device) if model.config.exit_layer else None


def _of_exit(scores: dict[str, float]) -> dict[str, float]:
    return {f"{name}_{FAST}": value for name, value in scores.items()}


def save(tagger: Tagger, folder: Path, half_precision: bool, fast_calibration: Calibration | None = None) -> None:
    """Write a model, with the fast one inside, and its tokenizer; the weights as float16 if `half_precision`."""
    weights = {name: weight.half() if half_precision else weight for name, weight in tagger.model.state_dict().items()}
    tagger.model.save_pretrained(folder, state_dict=weights)
    tagger.tokenizer.save_pretrained(folder)
    save_inside(tagger.model, folder, fast_calibration)


def _tell(error: RecordError) -> None:
    logger.warning("left out: %s", error)
