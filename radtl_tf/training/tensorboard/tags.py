"""The names of the final metrics in TensorBoard."""

from __future__ import annotations

BEST_LOSS, BEST_AUROC, TEST_AUROC = "best/inner_loss", "best/inner_auroc", "test/auroc"
METRICS = {BEST_LOSS: "best inner loss", BEST_AUROC: "inner AUROC", TEST_AUROC: "test AUROC"}  # as columns
