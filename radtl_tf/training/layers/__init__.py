"""The layers of a backbone as they are trained: fused batch norms, and stochastic depth with given masks."""
