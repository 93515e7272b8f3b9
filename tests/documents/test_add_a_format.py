"""What docs/how-to/add-a-format.md says of formats of other packages, with its own package laid out."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from documents.installed import agenttrace
from documents.pages import block
from house.repository import ROOT

PAGE = "docs/how-to/add-a-format.md"
S = 10**9


def install(
    site: Path, module: str, code: str, entry_points: dict[str, str], name: str = "lark-traces"
) -> None:
    """What an installer leaves behind of a package: its module, and what is known of it."""
    site.mkdir(exist_ok=True)
    (site / f"{module}.py").write_text(code)
    known = site / f"{name.replace('-', '_')}-1.0.dist-info"
    known.mkdir()
    (known / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{key} = {value}" for key, value in entry_points.items()]
    (known / "entry_points.txt").write_text("\n".join(["[agenttrace.formats]", *lines, ""]))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The package of the page, installed."""
    project = tomllib.loads(block(PAGE, "toml"))["project"]
    code = block(PAGE, "python")
    install(tmp_path / "site", "lark_traces", code, project["entry-points"]["agenttrace.formats"])
    return tmp_path / "site"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The log of the page."""
    file = tmp_path / "run.jsonl"
    file.write_text(block(PAGE, "jsonl"))
    return file


def _analysis(done: subprocess.CompletedProcess[str]) -> Any:
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def _path(session: Any) -> dict[str, int]:
    return {phase: time for phase, time in session["critical_path_ns"].items() if time}


def test_a_format_of_another_package_is_one_of_the_others(site: Path, run: Path) -> None:
    listed = agenttrace("formats", "--format", "json", site=site)
    shown = agenttrace("formats", site=site)
    read = _analysis(agenttrace("analyze", run, "--format", "json", site=site))

    (lark,) = [known for known in json.loads(listed.stdout)["formats"] if known["id"] == "lark"]
    assert lark["package"] == "the package lark-traces 1.0"
    assert "lark: step logs of Lark" in shown.stdout
    assert "the package lark-traces 1.0" in shown.stdout
    assert (read["sources"][0]["format"], read["sources"][0]["records"]) == ("lark", 3)
    assert _path(read["sessions"][0]) == {"model": 6 * S, "tool": 5 * S, "harness": S // 5}


def test_without_the_package_its_files_are_of_no_known_format(run: Path) -> None:
    done = agenttrace("analyze", run)

    assert done.returncode == 2
    assert "content of no known format" in done.stderr


def test_two_packages_with_one_id_are_both_named(site: Path, run: Path) -> None:
    install(site, "other", "from lark_traces import LARK", {"x": "other:LARK"}, "other-traces")

    done = agenttrace("analyze", run, site=site)

    assert done.returncode == 2
    assert "two formats have the id `lark`" in done.stderr
    assert "lark-traces 1.0" in done.stderr
    assert "other-traces 1.0" in done.stderr


def test_an_id_of_agenttraces_own_cannot_be_taken(tmp_path: Path, run: Path) -> None:
    code = block(PAGE, "python").replace('id = "lark"', 'id = "otlp"')
    install(tmp_path / "site", "lark_traces", code, {"lark": "lark_traces:LARK"})

    done = agenttrace("analyze", run, site=tmp_path / "site")

    assert done.returncode == 2
    assert "one of agenttrace itself, one of the package lark-traces 1.0" in done.stderr


def test_a_file_that_two_formats_claim_is_told_with_their_packages(site: Path, run: Path) -> None:
    greedy = "from lark_traces import Lark\nclass Greedy(Lark):\n    id = 'greedy'\nGREEDY = Greedy()\n"
    install(site, "greedy", greedy, {"greedy": "greedy:GREEDY"}, "greedy-traces")

    alone = agenttrace("analyze", run, site=site)
    chosen = agenttrace("analyze", run, "--input-format", "lark", site=site)
    folders = (run.parent / "*.jsonl", ROOT / "sample_traces" / "dynamo")
    in_folder = agenttrace("analyze", *folders, "--format", "json", site=site)

    assert alone.returncode == 2
    named = "claimed by greedy (the package greedy-traces 1.0) and lark (the package lark-traces 1.0)"
    assert named in alone.stderr
    assert "--input-format" in alone.stderr
    assert chosen.returncode == 0
    assert (in_folder.returncode, len(json.loads(in_folder.stdout)["sessions"])) == (0, 2)
    assert named in in_folder.stdout


NO_SNIFF = """
from agenttrace.ingest.formats.tempo.reader import Tempo
class Lark(Tempo):
    id = "lark"
    def sniff(self, head): return head.nothing
LARK = Lark()
"""
NO_READ = """
from agenttrace.ingest.formats.tempo.reader import Tempo
class Lark(Tempo):
    id = "lark"
    def sniff(self, head): return b"lark" in head.data
    def read(self, source, recorder): recorder.span(kind=5)
LARK = Lark()
"""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("LARK = 1 / 0", "cannot be loaded: ZeroDivisionError"),
        ("LARK = 5", "is no format: without id, facts, companions, sniff, read"),
        ("from lark_other import Lark as LARK", "cannot be loaded: ModuleNotFoundError"),
        ("class LARK: id = 'lark'", "is no format: a class, not an instance"),
        ("", "cannot be loaded: AttributeError"),
        (
            NO_SNIFF,
            "the format `lark` of the package lark-traces 1.0 fails to look at a file: AttributeError",
        ),
        (NO_READ, "the format `lark` of the package lark-traces 1.0 fails to read this: "),
    ],
    ids=["breaks", "a number", "no module", "a class", "nothing", "sniff", "read"],
)
def test_a_package_that_fails_is_named(code: str, said: str, tmp_path: Path, run: Path) -> None:
    install(tmp_path / "site", "lark_traces", code, {"lark": "lark_traces:LARK"})

    done = agenttrace("analyze", run, site=tmp_path / "site")

    assert done.returncode == 2
    assert said in done.stderr
    assert "lark-traces 1.0" in done.stderr
    assert "Traceback" not in done.stderr
    assert "update or uninstall the package" in done.stderr


def test_what_a_package_itself_says_of_a_file_is_passed_on(tmp_path: Path, run: Path) -> None:
    code = "from agenttrace.errors import InputError\n" + NO_READ.replace(
        "recorder.span(kind=5)", "raise InputError('a lark of the wrong feather')"
    )
    install(tmp_path / "site", "lark_traces", code, {"lark": "lark_traces:LARK"})

    done = agenttrace("analyze", run, site=tmp_path / "site")

    assert (done.returncode, done.stderr) == (2, "error: a lark of the wrong feather\n")


def test_in_a_folder_the_files_that_others_read_are_read(tmp_path: Path, run: Path) -> None:
    install(tmp_path / "site", "lark_traces", NO_READ, {"lark": "lark_traces:LARK"})

    folders = (run.parent / "*.jsonl", ROOT / "sample_traces" / "dynamo")
    done = agenttrace("analyze", *folders, "--format", "json", site=tmp_path / "site")

    assert (done.returncode, len(json.loads(done.stdout)["sessions"])) == (0, 2)
    assert "fails to read this" in done.stdout
