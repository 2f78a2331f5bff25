"""The model card: a checkpoint's README.md, with the metadata that the Hugging Face hub reads at its head.

A card is made once, from what the folder tells of itself; after that its text is its author's. Only the metadata are
renewed, and the table of figures between `<!-- figures -->` and `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

try:
    import yaml
    from huggingface_hub import EvalResult, ModelCard, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"{error}: model cards and the hub need it; pip install huggingface_hub") from error

from qingyuan.checkpoint import TRAINING_FILE, find_checkpoint, is_shipped, load_settings, weights_folder
from qingyuan.taxonomy import Taxonomy

CARD_FILE = "README.md"
FIGURES = re.compile("(?<=<!-- figures -->\n).*?(?=<!-- end -->)", re.DOTALL)
SETS = {
    "page": ("a newspaper page", "test"),
    "web": ("web articles, dev", "validation"),
    "written": ("written articles, dev", "validation"),
}
SPANS, TOPICS = "token-classification", "text-classification"


def write_card(
    folder: Path, results: Iterable[EvalResult] = (), license: str | None = None, name: str | None = None
) -> Path:
    """Make the card of a checkpoint's folder, or renew the metadata and figures of the one that is there.

    Results take the place of older ones on the same set; what an author wrote into the metadata stays. `name` is the
    model's, or its hub name, if not that of the folder. Raises `ValueError` for a card whose metadata can't be read.
    """
    path = folder / CARD_FILE
    try:
        card = ModelCard.load(path) if path.is_file() else ModelCard(_text(folder, name or folder.name))
    except (ValueError, yaml.YAMLError) as error:
        cure = "mend what stands between the lines of ---"
        raise ValueError(f"{path}: its metadata can't be read ({error}); {cure}") from error
    data = card.data
    for key, value in _metadata(folder).items():
        if not data.get(key):
            data[key] = value
    if license:
        data.license = license
    results = list(results)
    renewed = {result.unique_identifier for result in results}
    kept = [result for result in data.eval_results or () if result.unique_identifier not in renewed]
    data.eval_results = [*kept, *results] or None
    data.model_name = name.rpartition("/")[2] if name else data.model_name or folder.name
    card.text = FIGURES.sub(lambda _: _table(data.eval_results or ()), card.text)
    card.save(path)
    return path


def read_report(path: Path) -> list[EvalResult]:
    """The results in what `qingyuan evaluate --json` wrote. Raises `ValueError`."""
    try:
        return report_results(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError) as error:
        cure = "make it with `qingyuan evaluate --json`"
        raise ValueError(f"{path}: no report ({type(error).__name__}: {error}); {cure}") from error


def report_results(report: Mapping[str, Any]) -> list[EvalResult]:
    """Strict precision, recall and F1 of the spans, and the accuracy of the topics, as in `Report.to_dict`."""
    name, split = SETS.get(report["data"], (Path(report["data"]).stem, None))
    of = {
        "dataset_type": f"qingyuan-{report['data']}" if report["data"] in SETS else name,
        "dataset_name": name,
        "dataset_split": split,
        "dataset_args": {"articles": report["articles"], "spans": report["strict"]["gold"]},
    }
    strict, topics = report["strict"], report["topics"]
    results = []
    if strict["gold"]:
        results.append(result(SPANS, "f1", strict["f1"], of, report["strict_interval"]))
        results += [result(SPANS, metric, strict[metric], of) for metric in ("precision", "recall")]
    if topics:
        results.append(result(TOPICS, "accuracy", topics["accuracy"], of, topics["interval"]))
    return results


def result(
    task: str, metric: str, value: float, of: Mapping[str, Any], interval: Sequence[float] | None = None
) -> EvalResult:
    """One figure and its 95 % interval; `of` are the fields of `EvalResult` that tell the data."""
    names = {"f1": "strict F1", "precision": "strict precision", "recall": "strict recall", "accuracy": "accuracy"}
    return EvalResult(
        task_type=task,
        task_name="named entities, nested ones included" if task == SPANS else "topic of the article",
        metric_type=metric,
        metric_name=names[metric],
        metric_value=round(value, 4),
        metric_args={"interval": [round(edge, 4) for edge in interval]} if interval else None,
        **of,
    )


def _metadata(folder: Path) -> dict[str, Any]:
    taxonomy, training = load_settings(folder).taxonomy, _training(folder)
    tasks = ["named-entity-recognition"] * bool(taxonomy.labels) + ["text-classification"] * bool(taxonomy.topics)
    corpora = {source.partition("/")[0] for source in training.get("train", ()) if source.endswith("/train")}
    return {
        "language": ["zh"],
        "library_name": "qingyuan",
        "pipeline_tag": SPANS if taxonomy.labels else TOPICS,
        "tags": ["qingyuan", *tasks],
        "base_model": _base_model(training.get("model")),
        "datasets": [f"qingyuan-{name}" for name in sorted(corpora & {"web", "written"})],
        "metrics": ["f1"] * bool(taxonomy.labels) + ["accuracy"] * bool(taxonomy.topics),
    }


def _training(folder: Path) -> dict[str, Any]:
    """The config of a training, `qingyuan.training.config.TrainConfig`, if there is one."""
    path = folder / TRAINING_FILE
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _base_model(start: str | None) -> str | list[str] | None:
    """The hub name of what a training began with: its own, if it came from there, or the one that its card tells."""
    if not start:
        return None
    card = (weights_folder(find_checkpoint(start)) if is_shipped(start) else Path(start)) / CARD_FILE
    if card.is_file():
        return ModelCard.load(card, ignore_metadata_errors=True).data.base_model
    try:
        return start if isinstance(try_to_load_from_cache(start, "config.json"), str) else None
    except HFValidationError:  # a folder
        return None


def _text(folder: Path, name: str) -> str:
    taxonomy, training = load_settings(folder).taxonomy, _training(folder)
    parts = [
        f"---\nlibrary_name: qingyuan\n---\n\n# {name}",
        f"Tags Chinese articles, with the package qingyuan: {_task(taxonomy)}.",
        f'```python\nfrom qingyuan import Tagger\n\narticle = Tagger.from_pretrained("{name}").predict("……")\n```',
        *_tables(taxonomy),
        "**Figures.** Strict: label and both edges are right. In brackets 95 % intervals over articles.",
        "<!-- figures -->\n<!-- end -->",
        *_training_text(training),
        "**Limits.** Scores hold for articles like those it was scored on. To be written: what it is weak at, what it "
        "is meant for, under which licence.",
    ]
    return "\n\n".join(parts) + "\n"


def _task(taxonomy: Taxonomy) -> str:
    parts = []
    if taxonomy.topics:
        parts.append(f"one of {len(taxonomy.topics)} topics")
    if taxonomy.labels:
        parts.append(f"names of {len(taxonomy.labels)} kinds")
    return " and ".join(parts)


def _tables(taxonomy: Taxonomy) -> Iterator[str]:
    if taxonomy.labels:
        rows = [(f"`{n.label}`", n.zh, n.en, ", ".join(taxonomy.nested.get(n.label, ()))) for n in taxonomy.labels]
        yield _markdown(("label", "", "", "may lie in"), rows)
    if taxonomy.topics:
        yield "Topics: " + ", ".join(f"`{name.label}` {name.zh}" for name in taxonomy.topics) + "."


def _training_text(training: Mapping[str, Any]) -> Iterator[str]:
    """How it was trained. Files of one's own are counted, not named: the card will be public."""
    if trainer := training.get("trainer"):
        shipped = [source for source in training["train"] if source.startswith(("web/", "written/"))]
        own = len(training["train"]) - len(shipped)
        sources = " and ".join([*shipped, *([f"{own} other files"] if own else [])])
        yield (
            f"**Training.** {trainer['epochs']:g} epochs on {sources}, {trainer['batch_size']} windows a batch, "
            f"learning rate {trainer['learning_rate']:g}, seed {trainer['seed']}. `{TRAINING_FILE}` has all of it."
        )


def _table(results: Iterable[EvalResult]) -> str:
    """Our figures among the results as a table, a row for each set."""
    columns = {
        "set": "set",
        "articles": "articles",
        "spans": "spans",
        "f1": "F1",
        "precision": "precision",
        "recall": "recall",
        "accuracy": "topics right",
    }
    rows: dict[tuple, dict[str, str]] = {}
    for each in results:
        if each.metric_type in columns and isinstance(each.metric_value, float | int):
            row = rows.setdefault((each.dataset_type, each.dataset_split), {"set": each.dataset_name})
            row |= {name: f"{count:,}" for name, count in (each.dataset_args or {}).items() if isinstance(count, int)}
            interval = (each.metric_args or {}).get("interval")
            spread = " ({:.3f}–{:.3f})".format(*interval) if interval else ""
            row[each.metric_type] = f"{each.metric_value:.3f}{spread}"
    lines = [[row.get(column, "") for column in columns] for row in rows.values()]
    return _markdown(columns.values(), lines) + "\n" if lines else ""


def _markdown(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
