"""The network that tells the roles of lines, as it is trained; `qingyuan.page.roles.RoleModel` runs it with numpy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import nn

from qingyuan.page.reading import HEAD, PADDING, SEAM, TAIL, TAPS, UNKNOWN
from qingyuan.page.roles import STATES, forbidden_starts, forbidden_steps
from qingyuan.tagger import Tagger

UNREAD = 0.05
"""Share of the characters that are hidden in training, so that no word of an article is learned by heart."""
SPREAD = 0.3
"""Standard deviation of what the embedding of characters begins with."""


class RoleNetwork(nn.Module):
    """What `RoleModel` computes, with dropout.

    `embedding` is what the characters begin with, (characters, size); rows 0 and 1 are padding and any other character.
    `mean` and `scale` are those of the measured features, (features,).
    """

    def __init__(
        self,
        embedding: np.ndarray,
        mean: np.ndarray,
        scale: np.ndarray,
        *,
        hidden: int,
        channels: int,
        layers: int,
        dropout: float,
    ):
        super().__init__()
        size, states = embedding.shape[1], len(STATES)
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("scale", torch.from_numpy(scale))
        self.dense = nn.Linear(len(mean), hidden)
        self.character = nn.Embedding.from_pretrained(torch.from_numpy(embedding), freeze=False, padding_idx=PADDING)
        self.head, self.tail = (nn.Linear(TAPS * size, channels) for _ in range(2))
        self.seam = nn.Linear(2 * SEAM * size, channels)
        self.read = nn.Linear(3 * channels, hidden, bias=False)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(hidden, hidden, 3, padding=1 << layer, dilation=1 << layer) for layer in range(layers)
        )
        self.out = nn.Linear(hidden, states)
        self.start, self.steps = nn.Parameter(torch.zeros(states)), nn.Parameter(torch.zeros(states, states))
        self.register_buffer("forbidden_start", torch.from_numpy(forbidden_starts()))
        self.register_buffer("forbidden_steps", torch.from_numpy(forbidden_steps()))
        self.dropout = nn.Dropout(dropout)

    def scores(self, dense: torch.Tensor, characters: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """(pages, lines, states) from (pages, lines, features) and (pages, lines, rows of characters); padding is
        not `inside`, (pages, lines)."""
        measured = self.dropout((dense - self.mean) / self.scale)
        hidden = torch.relu(self.dense(measured) + self.read(self.dropout(self._reading(characters))))
        mask = inside[..., None]
        for convolution in self.convolutions:
            seen = (hidden * mask).transpose(1, 2)
            hidden = hidden + self.dropout(torch.relu(convolution(seen).transpose(1, 2)))
        return self.out(self.dropout(hidden))

    def _reading(self, characters: torch.Tensor) -> torch.Tensor:
        """As `qingyuan.page.reading.reading`, some characters hidden in training."""
        if self.training:
            unread = (torch.rand(characters.shape, device=characters.device) < UNREAD) & (characters != PADDING)
            characters = characters.masked_fill(unread, UNKNOWN)
        head, tail, seam = self.character(characters).split([HEAD, TAIL, 2 * SEAM], dim=-2)
        across = torch.relu(self.seam(seam.flatten(-2)))
        return torch.cat([_strongest(head, self.head), _strongest(tail, self.tail), across], dim=-1)

    def loss(
        self, scores: torch.Tensor, states: torch.Tensor, inside: torch.Tensor, begins: torch.Tensor
    ) -> torch.Tensor:
        """The mean over lines of the negative log-likelihood; `begins`, (pages,), is 0 for the later part of a page."""
        start = (self.start + self.forbidden_start) * begins[:, None]
        steps = self.steps + self.forbidden_steps
        pages, lines = states.shape
        here = scores.gather(2, states[..., None])[..., 0] * inside
        moves = steps[states[:, :-1], states[:, 1:]] * inside[:, 1:]
        path = here.sum() + moves.sum() + start.gather(1, states[:, :1]).sum()
        total, likely = start + scores[:, 0], steps.exp()
        for line in range(1, lines):
            top = total.amax(1, keepdim=True).detach()
            longer = ((total - top).exp() @ likely).clamp(min=1e-30).log() + top + scores[:, line]
            total = torch.where(inside[:, line, None], longer, total)
        return (torch.logsumexp(total, dim=1).sum() - path) / inside.sum()

    def weights(self, characters: Iterable[str], common: Iterable[str]) -> dict[str, np.ndarray]:
        """The arrays that `RoleModel` reads, in half precision.

        `characters` are those of the embedding, in its order; `common` the pairs that say little on a topic.
        """
        arrays = self._arrays() | {
            "start": (self.start + self.forbidden_start).clamp(min=-6e4),
            "steps": (self.steps + self.forbidden_steps).clamp(min=-6e4),
        }
        halves = {name: value.detach().numpy().astype(np.float16) for name, value in arrays.items()}
        texts = {"characters": list(characters), "common": sorted(common)}
        return halves | {name: np.array(some, dtype=np.str_) for name, some in texts.items()}

    @classmethod
    def from_weights(cls, weights: Mapping[str, np.ndarray], dropout: float) -> RoleNetwork:
        """The network whose `weights` these are, to learn on."""
        embedding, mean, scale = (weights[name].astype(np.float32) for name in ("character", "mean", "scale"))
        sizes = {"hidden": len(weights["bias"]), "channels": len(weights["head_bias"])}
        layers = sum(name.startswith("conv") for name in weights)
        network = cls(embedding, mean, scale, **sizes, layers=layers, dropout=dropout)
        with torch.no_grad():
            for name, value in network._arrays().items():
                value.copy_(torch.from_numpy(weights[name].astype(np.float32)))
            for name, forbidden in (("start", network.forbidden_start), ("steps", network.forbidden_steps)):
                value = torch.from_numpy(weights[name].astype(np.float32))
                getattr(network, name).copy_(value.masked_fill(forbidden < 0, 0.0))
        return network

    def _arrays(self) -> dict[str, torch.Tensor]:
        """The parameters by their names in `weights`, as views in the form that numpy multiplies with; not those of the
        path, which have what is forbidden added there."""
        arrays = {
            "mean": self.mean,
            "scale": self.scale,
            "dense": self.dense.weight.T,
            "bias": self.dense.bias,
            "character": self.character.weight,
            "read": self.read.weight.T,
            "out": self.out.weight.T,
            "out_bias": self.out.bias,
        }
        for layer, convolution in enumerate(self.convolutions):
            arrays |= {f"conv{layer}": convolution.weight.permute(2, 1, 0), f"shift{layer}": convolution.bias}
        for name in ("head", "tail", "seam"):
            kernel = getattr(self, name)
            arrays |= {name: kernel.weight.T, f"{name}_bias": kernel.bias}
        return arrays


def _strongest(embedded: torch.Tensor, kernel: nn.Linear) -> torch.Tensor:
    """(…, channels): the greatest response of a kernel, `TAPS` characters wide, in (…, characters, size)."""
    padded = nn.functional.pad(embedded, (0, 0, TAPS // 2, TAPS // 2))
    return torch.relu(kernel(padded.unfold(-2, TAPS, 1).transpose(-1, -2).flatten(-2))).amax(-2)


def starting_embedding(rows: Mapping[str, int], size: int, encoder: str, seed: int) -> np.ndarray:
    """What the embedding of characters begins with, (rows, size): the principal components of what a checkpoint knows of
    them; chance where it knows nothing, or where `encoder` is empty.

    `rows` are those of `qingyuan.page.reading.rows_of`. Raises `CheckpointError` where there is no such checkpoint.
    """
    random = np.random.default_rng(seed)
    embedding = random.normal(scale=SPREAD, size=(UNKNOWN + 1 + len(rows), size)).astype(np.float32)
    embedding[PADDING] = 0
    if not encoder:
        return embedding
    tagger = Tagger.from_pretrained(encoder, "cpu", "torch")
    known = tagger.model.encoder.get_input_embeddings().weight.detach().float().numpy()
    centred = known - known.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:size]
    small = centred @ axes.T
    small *= SPREAD / small.std()
    unknown = tagger.tokenizer("\U000f0000").ids.tolist()  # a character of nobody's
    for character, row in rows.items():
        ids = tagger.tokenizer(character).ids.tolist()
        if len(ids) == 1 and ids != unknown:
            embedding[row, : small.shape[1]] = small[ids[0]]
    return embedding
