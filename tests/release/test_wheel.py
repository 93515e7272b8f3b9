"""Wheel and sdist: what is in them, that one makes the other, and that what is installed runs by itself."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import agenttrace
from house.repository import ROOT, SOURCE

pytest.importorskip("hatchling")


def _build(folder: Path, kind: str, target: Path) -> Path:
    """Without a network, and without an environment of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (built,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_has_every_file_of_the_package_and_its_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = {
        f"agenttrace/{path.relative_to(SOURCE).as_posix()}"
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    name = f"agenttrace_latency-{agenttrace.__version__}"
    schemas = {
        f"{name}.data/data/share/agenttrace/schemas/{path.name}" for path in (ROOT / "schemas").iterdir()
    }
    about = f"{name}.dist-info"
    told = {f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    licences = {f"{about}/licenses/{name}" for name in ("LICENSE", "THIRD_PARTY_NOTICES.md")}
    assert names == package | schemas | told | licences
    assert any(name.endswith("plotly-basic.min.js") for name in names)
    assert any(name.endswith("vr-nvl72-lpx.toml") for name in names)


def test_the_sdist_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(_build(ROOT, "sdist", tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (folder,) = (tmp_path / "unpacked").iterdir()
    for name in (
        "LICENSE",
        "THIRD_PARTY_NOTICES.md",
        "CHANGELOG.md",
        "Makefile",
        "tests",
        "sample_traces",
        "docs",
    ):
        assert (folder / name).exists()
    again = _build(folder, "wheel", tmp_path / "again")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert one.namelist() == other.namelist()
        assert [name for name in one.namelist() if one.read(name) != other.read(name)] == []


@pytest.mark.skipif(sys.platform == "win32", reason="a script for sh")
def test_what_is_installed_runs_outside_of_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Its dependencies are those of this environment; `make wheel` has an empty one."""
    place = tmp_path / "env"
    venv.create(place, symlinks=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(place), "platbase": str(place)}))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)  # noqa: S202  # our own
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    program = place / "bin" / "agenttrace"
    program.write_text(f"#!{place}/bin/python\nfrom agenttrace.__main__ import run\nrun()\n")
    program.chmod(0o755)
    done = subprocess.run(
        [shutil.which("bash") or "bash", str(ROOT / ".ci" / "installed"), str(place / "bin")],
        capture_output=True,
        check=False,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == f"agenttrace {agenttrace.__version__}"
    where = subprocess.run(
        [place / "bin" / "python", "-I", "-c", "import agenttrace; print(agenttrace.__file__)"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(site)
