"""Seconds of a plain PyTorch loop with transformers' DINOv2 (ViT-B/14); vit.py runs it with a Python that has both.

    python benchmarks/_torch_vit.py SIZE BATCH PREDICTED THREADS

For each input line ``training`` or ``prediction``, it takes one step on BATCH images (Adam, all weights trainable) or
computes the features of PREDICTED images, and prints the seconds.
"""

from __future__ import annotations

import sys

import torch
from _torch_loop import answer
from transformers import Dinov2Config, Dinov2Model


def main() -> None:
    """Process each line of the input."""
    size, batch, predicted, threads = map(int, sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = Dinov2Model(Dinov2Config(image_size=size, patch_size=14))
    head = torch.nn.Linear(768, 2)

    def scores(images: torch.Tensor) -> torch.Tensor:
        return head(network(images).pooler_output)

    learned = [*network.parameters(), *head.parameters()]
    answer(network, scores, learned, size=size, batch=batch, predicted=predicted)


if __name__ == "__main__":
    main()
