"""Images a second of a plain PyTorch loop; run by throughput.py with a Python that has torch and torchvision.

    python benchmarks/_torch.py BACKBONE SIZE BATCH PREDICTED STEPS THREADS

Prints JSON: the median seconds of a training step of BATCH images (Adam, all weights learn) and of a prediction of
PREDICTED.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

import torch

# A torchvision made for another build of torch lacks its compiled operators, which the networks do not need.
torch.library.register_fake = lambda *_, **__: lambda function: function

import torchvision  # noqa: E402

MODELS = {"ResNet50": "resnet50", "DenseNet121": "densenet121", "InceptionV3": "inception_v3"}


def main() -> None:
    """Time the loop and print what a step takes."""
    backbone, (size, batch, predicted, steps, threads) = sys.argv[1], map(int, sys.argv[2:])
    torch.set_num_threads(threads)
    extra = {"aux_logits": False, "init_weights": False} if backbone == "InceptionV3" else {}
    network = getattr(torchvision.models, MODELS[backbone])(weights=None, num_classes=2, **extra)
    images, truth = torch.randn(batch, 3, size, size), torch.arange(batch) % 2
    new = torch.randn(predicted, 3, size, size)
    optimizer = torch.optim.Adam(network.parameters())

    def train() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images), truth).backward()
        optimizer.step()

    @torch.inference_mode()
    def predict() -> None:
        network(new)

    network.train()
    found = {"train": _median(train, steps)}
    network.eval()
    print(json.dumps(found | {"predict": _median(predict, steps)}))


def _median(work: object, steps: int) -> float:
    seconds = []
    for _ in range(steps + 1):
        start = time.monotonic()
        work()  # type: ignore[operator]
        seconds.append(time.monotonic() - start)
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    main()
