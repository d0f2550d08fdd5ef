"""The verb that removes what nothing needs."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import click

from radtl_tf.cli.options import FOLDER, Verb, as_json
from radtl_tf.evaluation.formatting import size_text


@click.command(cls=Verb)
@click.argument("folder", type=FOLDER, required=False)
@click.option("--cache", is_flag=True, help="Clean your cache of features, too.")
@click.option("--yes", is_flag=True, help="Remove without a question.")
@as_json
def clean(folder: Path | None, cache: bool, yes: bool, as_json: bool) -> None:
    """Remove what nothing needs.

    FOLDER is the output folder of `radtl run`. Lists earlier data sets and embeddings, images of other sizes, leftovers
    of processes that have ended and, with --cache, what is kept for other versions; removes them after a question.
    With --json it only lists, unless you give --yes.

    Example:
      radtl clean results --cache
    """
    from radtl_tf.experiment.integrity.clean import leftovers_in_cache, leftovers_of, remove
    from radtl_tf.places import cache_folder
    from radtl_tf.records.safety.lock import writing

    if folder is None and not cache:
        raise click.UsageError("name an output folder, or give --cache.")
    found = [*(leftovers_of(folder) if folder else ()), *(leftovers_in_cache(cache_folder()) if cache else ())]
    if not as_json:
        for each in found:
            click.echo(f"{size_text(each.size):>9}  {each.path}  ({each.reason})")
        if not found:
            click.echo("Nothing to remove.")
            return
    agreed = yes or (not as_json and click.confirm("Remove them?"))
    with writing(folder) if agreed and folder else nullcontext():
        freed = remove(found) if agreed else 0
    if as_json:
        click.echo(json.dumps({"found": [each.as_dict() for each in found], "removed": agreed, "freed_bytes": freed}))
    elif agreed:
        click.echo(f"{size_text(freed)} are free again.")
