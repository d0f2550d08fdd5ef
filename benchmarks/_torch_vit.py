"""Seconds of a plain PyTorch loop with transformers' DINOv2 (ViT-B/14); vit.py runs it with a Python that has both.

    python benchmarks/_torch_vit.py SIZE BATCH PREDICTED THREADS

For each input line ``training`` or ``prediction``, it takes one step on BATCH images (Adam, all weights trainable) or
computes the features of PREDICTED images, and prints the seconds.
"""

from __future__ import annotations

import sys
import time

import torch
from transformers import Dinov2Config, Dinov2Model


def main() -> None:
    """Process each line of the input."""
    size, batch, predicted, threads = map(int, sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = Dinov2Model(Dinov2Config(image_size=size, patch_size=14))
    head = torch.nn.Linear(768, 2)
    images, truth = torch.randn(batch, 3, size, size), torch.arange(batch) % 2
    new = torch.randn(predicted, 3, size, size)
    optimizer = torch.optim.Adam([*network.parameters(), *head.parameters()])

    def train() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(head(network(images).pooler_output), truth).backward()
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


if __name__ == "__main__":
    main()
