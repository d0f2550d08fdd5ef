"""The statistical terms of the answer, each explained in one sentence."""

from __future__ import annotations

TERMS = {
    "scenario of lowest inner loss": "A scenario is a backbone, a tuning and a learning rate. In each training part, "
    "the one with the lowest loss on held-back training patients was used; test patients took no part.",
    "patients' contributions over the repeats": "With repeats, each patient is tested by several models. How much "
    "patients differ, and how much one patient changes with the training patients, give the standard error.",
    "corrected resampled t": "A t test on the fold values whose standard error allows for folds that share training "
    "patients (Nadeau and Bengio 2003).",
    "flat prior": "No difference was thought more likely than another before the data were seen. These are not the "
    "probabilities that a study with other patients gives the same result.",
    "adjusted p": "The p value after a correction (Holm 1979) for the number of comparisons in its family.",
    "training procedures": "Training from these weights on about so many patients like these. An exported model is one "
    "outcome of such a procedure.",
    "trivial baseline": "Logistic regression, or ridge regression for a number, on a few simple numbers of an image, "
    "such as 16 x 16 pixels, on the same "
    "folds. It knows nothing of disease.",
    "95 % interval": "The range of true values that these data do not contradict.",
}
