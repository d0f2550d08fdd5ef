"""One ``radtl run`` in this process, timed from outside: prints the seconds of its parts as JSON on the last line.

    python benchmarks/_whole_command.py EXPERIMENT OUT

A part does not include the timed parts inside it. The process that supervises the command is left out here.
"""

from __future__ import annotations

import json
import sys
import time

import psutil
from _watch import Watch

# label, module, function
PARTS = (
    ("data set: build", "radtl_tf.experiment.plan.data", "build_manifest"),
    ("data set: fingerprint", "radtl_tf.experiment.plan.data", "fingerprint"),
    ("check of the data", "radtl_tf.experiment.plan.data", "take_in"),
    ("check of the data", "radtl_tf.experiment.plan.data", "check"),
    ("reading the examples", "radtl_tf.experiment.plan.data", "examined_with"),
    ("pixel cache", "radtl_tf.experiment.plan.plan", "pixels_of"),
    ("baselines", "radtl_tf.experiment.plan.written", "_write_baselines"),
    ("weights: check", "radtl_tf.experiment.plan.plan", "check_weights"),
    ("weights: reading", "radtl_tf.experiment.plan.networks", "Networks.weights"),
    ("building networks", "radtl_tf.experiment.plan.networks", "network"),
    ("prefix pass", "radtl_tf.training.features.prefix_features", "PrefixPass.__call__"),
    ("weights: setting", "radtl_tf.training.features.prefix_features", "PrefixPass.load"),
    ("prefix pass", "radtl_tf.training.features.prefix_features", "PrefixPass.__init__"),
    ("heads", "radtl_tf.experiment.engine", "train_heads"),
    ("linear probes", "radtl_tf.experiment.engine", "train_probe"),
    ("writing runs", "radtl_tf.experiment.engine", "RunsOfStarts._write"),
    ("TensorBoard", "radtl_tf.experiment.engine", "write_run"),
    ("TensorBoard", "radtl_tf.experiment.units.preparation", "describe"),
    ("TensorBoard", "radtl_tf.experiment.report", "write_evaluation"),
    ("similarities", "radtl_tf.experiment.run", "write_similarities"),
    ("statistics", "radtl_tf.experiment.report", "evaluate"),
    ("statistics", "radtl_tf.experiment.report", "write_tables"),
    ("report", "radtl_tf.experiment.report", "write_report"),
    ("report", "radtl_tf.cli.run", "print_results"),
)


def main() -> None:
    """Run the command and print the seconds."""
    watch = Watch()
    watch.wrap_imports()
    from radtl_tf.cli import run
    from radtl_tf.cli.main import main as radtl

    load = run.load_tensorflow

    def load_and_wrap() -> None:
        load()
        import radtl_tf.experiment.run  # noqa: F401

        for label, module, name in PARTS:
            *classes, function = name.split(".")
            owner = sys.modules[module]
            watch.wrap(label, getattr(owner, classes[0]) if classes else owner, function)

    run.load_tensorflow = load_and_wrap
    radtl(["run", sys.argv[1], "--out", sys.argv[2]], standalone_mode=False)
    wall = time.time() - psutil.Process().create_time()
    print(json.dumps({**watch.seconds, "rest": wall - sum(watch.seconds.values()), "whole": wall}))


if __name__ == "__main__":
    main()
