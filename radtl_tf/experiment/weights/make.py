"""Make a weights file on this machine from a source file, or estimate its cost."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from radtl_tf.experiment.weights.pretraining import (
    PreparedPretraining,
    finished,
    prepare_pretraining,
    pretrain,
    price_pretraining,
)
from radtl_tf.logs import get_logger
from radtl_tf.models.backbones import backbone
from radtl_tf.places import weights_folder
from radtl_tf.records.experiment import Training
from radtl_tf.records.pretraining import Place, Pretraining
from radtl_tf.records.self_supervised import SelfSupervised
from radtl_tf.training.device import prepare

_log = get_logger(__name__)


def make_weights(pretraining: Pretraining | SelfSupervised, file: Path, data_dir: Path | None = None) -> dict[str, Any]:
    """Run or resume a pre-training; return the record that is written next to the weights ``file``.

    The TFDS data set is built in ``data_dir``, or else in the working folder next to ``file``.

    Raises:
        DataError, WeightsError, ExperimentError: the input is wrong, or the training diverged.
        OutputError: ``file`` cannot be written, or exists and was not made from this source.
    """
    done = finished(pretraining, Place(file))
    if done:
        _log.info(f"{file} is complete: {done['epochs']} epochs, sha256 {done['sha256']}")
        return done
    sidecar = pretrain(_prepared(pretraining, file, data_dir))
    _log.info(f"{file}: {sidecar['epochs']} epochs; {_outcome(sidecar)}")
    return sidecar


def _outcome(sidecar: dict[str, Any]) -> str:
    """Return the metrics of a supervised pre-training in words, or how spread out the embeddings of another one are."""
    if "validation" not in sidecar:
        return f"embedding_sd {sidecar['history'][-1]['embedding_sd']:.4g}"
    values = ", ".join(f"{name} {value:.4g}" for name, value in sidecar["validation"].items())
    return f"validation {values or 'none'}"


def price_weights(pretraining: Pretraining | SelfSupervised, file: Path, data_dir: Path | None = None) -> list[str]:
    """Time some steps; return the cost of ``make_weights`` as lines of text."""
    return price_pretraining(_prepared(pretraining, file, data_dir))


def declaration(sidecar: dict[str, Any], file: Path) -> str:
    """Return the lines that declare the weights in an experiment file."""
    name = re.sub(r"[^a-z0-9_]+", "-", sidecar["name"].lower()).strip("-") or "own"
    file = file.parent if backbone(sidecar["backbone"]).transformer else file
    return (
        f"[weights.{name}]\n"
        f"files.{sidecar['backbone']} = {json.dumps(str(file.resolve()), ensure_ascii=False)}\n"
        f'pixels = "{sidecar["pixels"]}"'
    )


def _prepared(pretraining: Pretraining | SelfSupervised, file: Path, data_dir: Path | None) -> PreparedPretraining:
    settings = pretraining.training
    device = prepare(Training(precision=settings.precision, determinism=settings.determinism), pretraining.seed)
    return prepare_pretraining(
        pretraining, Place(file), device=device, weights_folder=weights_folder(), data_dir=data_dir
    )
