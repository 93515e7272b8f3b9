"""The pages of docs/how-to do what they say: their code is run as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "how-to"
SCHEMA = json.loads((ROOT / "schemas" / "spans-jsonl.schema.json").read_text())
S = 10**9


def block(page: str, language: str) -> str:
    """The code of that language on a page; there is one."""
    (found,) = re.findall(
        rf"^```{language}\n(.*?)^```$", (PAGES / page).read_text(), re.DOTALL | re.MULTILINE
    )
    return str(found)


def agenttrace(*arguments: str | Path, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The real command, with the packages in `site` installed beside it."""
    paths = [str(ROOT / "src"), *([str(site)] if site else [])]
    command = [sys.executable, "-m", "agenttrace", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


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
    project = tomllib.loads(block("add-a-format.md", "toml"))["project"]
    code = block("add-a-format.md", "python")
    install(tmp_path / "site", "lark_traces", code, project["entry-points"]["agenttrace.formats"])
    return tmp_path / "site"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The log of the page."""
    file = tmp_path / "run.jsonl"
    file.write_text(block("add-a-format.md", "jsonl"))
    return file


def _analysis(done: subprocess.CompletedProcess[str]) -> Any:
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def _path(session: Any) -> dict[str, int]:
    return {phase: time for phase, time in session["critical_path_ns"].items() if time}


# Write a converter


def test_the_converter_of_the_page_writes_what_the_schema_says(tmp_path: Path) -> None:
    script = tmp_path / "convert.py"
    script.write_text(block("write-a-converter.md", "python"))
    log = block("write-a-converter.md", "jsonl")

    done = subprocess.run([sys.executable, script], input=log, capture_output=True, text=True, check=True)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        jsonschema.validate(line, SCHEMA)
    assert len(lines) == len(log.splitlines())
    session = tmp_path / "session.jsonl"
    session.write_text(done.stdout)
    read = _analysis(agenttrace("analyze", session, "--strict", "--format", "json"))
    (told,) = read["sessions"]
    assert told["wall_ns"] == 11_200_000_000
    assert _path(told) == {"model": 6 * S, "tool": 5 * S, "harness": S // 5}
    assert (told["counts"]["requests"], told["counts"]["tool_calls"]) == (2, 2)
    assert told["inferred_path_ns"] < told["wall_ns"]


def test_the_converter_is_short() -> None:
    assert len(block("write-a-converter.md", "python").splitlines()) <= 20


# Add a format


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
    code = block("add-a-format.md", "python").replace('id = "lark"', 'id = "otlp"')
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


def test_the_commands_of_large_traces_work(tmp_path: Path) -> None:
    runs = ROOT / "sample_traces" / "dynamo-captures"
    (tmp_path / "traces").symlink_to(runs / "A")
    (tmp_path / "more").symlink_to(runs / "B")
    blocks = re.findall(
        r"^```sh\n(.*?)^```$", (PAGES / "large-traces.md").read_text(), re.DOTALL | re.MULTILINE
    )
    commands = "".join(blocks).replace("$SESSION", "A-s013").splitlines()
    assert len(commands) > 5
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1"}
    for command in commands:
        words = command.split()
        assert words[0] == "agenttrace"
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
    assert [place.name for place in sorted((tmp_path / "month").glob("batch-*"))] == ["batch-0003"]
