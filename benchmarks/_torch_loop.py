"""The loop of ``_torch.py`` and ``_torch_vit.py``: one timed step of plain PyTorch per line of the input."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable

import torch


def answer(
    network: torch.nn.Module,
    scores: Callable[[torch.Tensor], torch.Tensor],
    parameters: Iterable[torch.nn.Parameter],
    *,
    size: int,
    batch: int,
    predicted: int,
) -> None:
    """Take a step for each input line ``training`` or ``prediction``, and print its seconds.

    A training step is one of Adam on ``parameters``, with the ``scores`` (BATCH, 2) of random images of this ``size``.
    A prediction passes PREDICTED images through ``network``.
    """
    images, truth = torch.randn(batch, 3, size, size), torch.arange(batch) % 2
    new = torch.randn(predicted, 3, size, size)
    optimizer = torch.optim.Adam(parameters)

    def train() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(scores(images), truth).backward()
        optimizer.step()

    @torch.inference_mode()
    def predict() -> None:
        network(new)

    for line in sys.stdin:
        training = line.strip() == "training"
        network.train(training)
        start = time.monotonic()
        train() if training else predict()
        print(time.monotonic() - start, flush=True)
