"""What stands in for functions that are slow, train or need a model: they only record their arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from radtl_tf.data.decoding.reading import Outcome
from radtl_tf.data.decoding.worker_pool import read_all
from radtl_tf.data.manifest.paths import ImageFile

OUTPUTS = ("out1", "out2", "out1.changes.csv", "out2.changes.csv")

NOTED = (
    "radtl_tf.experiment.demo.run_demo",
    "radtl_tf.data.tfds.builders.build_manifest",
    "radtl_tf.data.tfds.builders.build_named",
    "radtl_tf.experiment.preview.write_preview",
    "radtl_tf.models.weights.sources.fetch",
    "radtl_tf.experiment.weights.convert.convert_weights",
    "radtl_tf.experiment.weights.make.make_weights",
    "radtl_tf.experiment.weights.make.price_weights",
    "radtl_tf.experiment.run.run_experiment",
    "radtl_tf.experiment.run.plan_experiment",
    *(DRAW := ("radtl_tf.experiment.saliency.draw_saliency", "radtl_tf.experiment.saliency.show_images")),
    "radtl_tf.experiment.run.prepare_experiment",
    "radtl_tf.experiment.units.workers.run_command",
    "radtl_tf.experiment.report.report_experiment",
    "radtl_tf.experiment.tensorboard.page.serve",
    "radtl_tf.deploy.export.export",
)


def noting(place: str, asked: list[str]) -> Callable[..., None]:
    def note(*args: object, **settings: object) -> None:
        known = {name: value for name, value in settings.items() if name != "watch"}
        asked.append(f"{place} {[value for value in args if not callable(value)]} {known}")
        if place not in DRAW:
            raise click.exceptions.Exit(0)

    return note


def _verified(*args: object, **settings: object) -> Any:
    asked = f"{args} {settings}"
    return SimpleNamespace(as_dict=lambda: {"asked": asked}, asked=asked, warnings=(), conventions=None)


def _assessed(*args: object, threshold: float | None, **_: object) -> Any:
    asked = f"{args} {threshold}"
    return SimpleNamespace(results={"asked": asked}, shown=(asked,))


@functools.cache
def _outcomes(sources: tuple[ImageFile, ...], depth: int | None) -> list[Outcome]:
    """Open the images of a manifest once for all calls."""
    return list(read_all([source.path for source in sources], depth=depth))


def _pixels(paths: Any, depth: int | None) -> list[tuple[None, str]]:
    return [(None, f"{path} {depth}") for path in paths]


def _screened(*args: object, **settings: object) -> Any:
    """Return a screen whose table is what was asked, and whose experiment file is its margin."""

    class Asked:
        def __repr__(self) -> str:
            return f"{args} {settings}"

        def as_dict(self) -> dict[str, str]:
            return {"asked": repr(self)}

        def write_experiment(self, path: Path, margin: float | None, overwrite: bool) -> None:
            if path.name in OUTPUTS:
                path.write_text(f"{margin} {overwrite}")

    return Asked()


STAND_INS: Mapping[str, Any] = {
    "radtl_tf.library.screen.screen.dataset_of": str,
    "radtl_tf.library.screen.screen.screen": _screened,
    "radtl_tf.experiment.cluster.ray_pool.require_ray": lambda: None,
    "radtl_tf.experiment.tensorboard.page.events_of": lambda folder: folder,
    "radtl_tf.experiment.machine.examine": lambda: {"section": ["line"]},
    "radtl_tf.data.check.check_source.read_manifest_images": lambda manifest, watch, depth: _outcomes(
        manifest.images, depth
    ),
    "radtl_tf.experiment.preview.pixels_of_all": _pixels,
    "radtl_tf.experiment.weights.verify.verify_weights": _verified,
    "radtl_tf.cli.weights._lines": lambda found: [("asked", found.asked)],
    "radtl_tf.experiment.external_test.assess": _assessed,
    "radtl_tf.report.pages.external.as_text": lambda asked: asked,
    "radtl_tf.deploy.card.facts.version_folder": lambda model: model,
    "radtl_tf.library.results.scores.scoring": lambda *asked: SimpleNamespace(
        columns=("path", str(asked)), rows=lambda watch: nullcontext(())
    ),
}
