"""Images per second of a plain PyTorch loop; throughput.py runs it with a Python that has torch and torchvision.

    python benchmarks/_torch.py BACKBONE SIZE BATCH PREDICTED THREADS

For each input line ``training`` or ``prediction``, it takes one step on BATCH images (Adam, all weights trainable) or
predicts PREDICTED images, and prints the seconds.
"""

from __future__ import annotations

import sys

import torch
from _torch_loop import answer

# A torchvision built for another torch lacks compiled operators, which these networks do not need.
torch.library.register_fake = lambda *_, **__: lambda function: function

import torchvision  # noqa: E402

MODELS = {"ResNet50": "resnet50", "DenseNet121": "densenet121", "InceptionV3": "inception_v3"}


def main() -> None:
    """Process each line of the input."""
    backbone, (size, batch, predicted, threads) = sys.argv[1], map(int, sys.argv[2:])
    torch.set_num_threads(threads)
    extra = {"aux_logits": False, "init_weights": False} if backbone == "InceptionV3" else {}
    network = getattr(torchvision.models, MODELS[backbone])(weights=None, num_classes=2, **extra)
    answer(network, network, network.parameters(), size=size, batch=batch, predicted=predicted)


if __name__ == "__main__":
    main()
