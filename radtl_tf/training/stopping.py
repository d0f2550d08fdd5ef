"""When a run ends, and which of its epochs is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class StoppingRule:
    """Keeps the epoch of lowest inner loss; ends a run that diverged, or that gained nothing for ``patience`` epochs.

    With ``fixed_epochs`` every epoch is kept in turn, so that the last one remains, and patience does not count.
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
        """Take in an epoch; return whether it counts: one whose losses are not finite ends the run, and does not."""
        if not (math.isfinite(loss) and math.isfinite(inner_loss)):
            self.diverged = self.ended = True
            return False
        if self.fixed_epochs or inner_loss < self._loss:
            self.best, self._loss = epoch, inner_loss
        self.ended = bool(self.patience and not self.fixed_epochs and epoch - self.best >= self.patience)
        return True

    @property
    def converged(self) -> bool | None:
        """Tell whether the best epoch came before the last one; ``None`` where none was chosen."""
        if self.fixed_epochs and not self.diverged:
            return None
        return self.best < self.epochs and not self.diverged
