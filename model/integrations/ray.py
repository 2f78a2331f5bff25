"""Ray Data: actors that keep a tagger each and tag batches of Arrow.

>>> tag_dataset(ray.data.read_parquet("articles"), text="正文", concurrency=4).write_parquet("tagged")
"""

from __future__ import annotations

from typing import Any

from qingyuan.checkpoint import DEFAULT
from qingyuan.integrations.columns import check_names, tag_table
from qingyuan.integrations.workers import load_tagger

try:
    import pyarrow as pa
    import ray
    import ray.data
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"{error}: Ray Data is needed; pip install 'qingyuan[ray]'") from error


class TagArticles:
    """For `Dataset.map_batches(TagArticles, batch_format="pyarrow", …)`, which builds one in each actor."""

    def __init__(self, text: str = "正文", model: str = DEFAULT, threshold: float | None = None, **options: Any):
        """`model` and `options` are those of `Tagger.from_pretrained`.

        If not told otherwise it runs on the GPU if Ray gave the actor one, else on the CPU; in as many threads as Ray
        gave it CPUs, one at least.
        """
        given = ray.get_runtime_context().get_assigned_resources()
        options = {"device": "cuda" if given.get("GPU") else "cpu"} | options
        self.tagger = load_tagger(model, max(1, int(given.get("CPU", 1))), **options)
        self.text, self.threshold = text, threshold

    def __call__(self, batch: pa.Table) -> pa.Table:
        if not isinstance(batch, pa.Table):
            raise TypeError(f'TagArticles wants batch_format="pyarrow" of map_batches, not {type(batch).__name__}')
        return tag_table(self.tagger, batch, self.text, threshold=self.threshold)


def tag_dataset(
    dataset: ray.data.Dataset,
    text: str = "正文",
    *,
    concurrency: int = 1,
    num_cpus: float = 1,
    num_gpus: float = 0,
    batch_size: int = 64,
    **options: Any,
) -> ray.data.Dataset:
    """The dataset with topic, topic_score, entities and error added to each row, lazily.

    `concurrency` actors have `num_cpus` threads, or a GPU with `num_gpus=1`; `batch_size` counts rows; `options` are
    those of `TagArticles`. Raises `ValueError` where there is no column `text`, or one of the new columns is there.
    """
    if names := dataset.columns():  # none are known of a dataset without rows
        check_names(names, text)
    return dataset.map_batches(
        TagArticles,
        fn_constructor_kwargs={"text": text, **options},
        compute=ray.data.ActorPoolStrategy(size=concurrency),
        num_cpus=num_cpus,
        num_gpus=num_gpus,
        batch_size=batch_size,
        batch_format="pyarrow",
    )
