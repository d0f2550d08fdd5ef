"""Decide when a run stops and which of its epochs is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class StoppingRule:
    """Keep the epoch with the lowest inner loss; stop a run that diverged or did not improve in ``patience`` epochs.

    With ``fixed_epochs``, the last epoch is kept and patience is not used.
    ``best`` counts from 1; 0 is the start.
    """

    epochs: int
    patience: int | None
    fixed_epochs: bool
    best: int = 0
    diverged: bool = False
    ended: bool = False
    _loss: float = math.inf

    def follow(self, epoch: int, loss: float, inner_loss: float) -> bool:
        """Record an epoch; return whether it counts. An epoch with losses that are not finite stops the run."""
        if not (math.isfinite(loss) and math.isfinite(inner_loss)):
            self.diverged = self.ended = True
            return False
        if self.fixed_epochs or inner_loss < self._loss:
            self.best, self._loss = epoch, inner_loss
        self.ended = bool(self.patience and not self.fixed_epochs and epoch - self.best >= self.patience)
        return True

    @property
    def converged(self) -> bool | None:
        """Return whether the best epoch was before the last one, or ``None`` if no epoch was chosen."""
        if self.fixed_epochs and not self.diverged:
            return None
        return self.best < self.epochs and not self.diverged
