from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from radtl_tf.cli.main import main


def test_a_copy_is_written_and_what_is_left_is_printed(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"x")
    table = tmp_path / "labels.csv"
    table.write_text("file,label,patient_id\na, sick,\uff11\nb,well,2\n")
    out = tmp_path / "fixed.csv"
    words = ["data", "fix", table, "--out", out, "--images", tmp_path / "images", "--path-column", "file"]
    result = CliRunner().invoke(main, [*map(str, words), "--suffix", ".png", "--patient", "patient_id"])
    assert result.exit_code == 0, result.output
    assert out.read_text() == "file,label,patient_id\na.png,sick,1\nb,well,2\n"
    assert "line 3" in result.stdout and result.stdout.count("\n") == 1
    assert (tmp_path / "fixed.changes.csv").is_file() and "--images" in result.stderr
    assert CliRunner().invoke(main, [*map(str, words)]).exit_code == 1
