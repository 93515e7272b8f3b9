"""What is promised to those who install: one version, one command, pins that fit, data that comes along."""

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import agenttrace
from house.repository import ROOT, SOURCE

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _pins(name: str) -> list[Requirement]:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines]


def test_the_version_stands_in_one_place() -> None:
    assert "version" in PROJECT["dynamic"]
    assert "version" not in PROJECT
    assert str(Version(agenttrace.__version__)) == agenttrace.__version__


def test_the_command_is_agenttrace() -> None:
    assert PROJECT["name"] == "agenttrace-latency"
    assert PROJECT["scripts"] == {"agenttrace": "agenttrace.__main__:run"}


def test_the_licence_is_the_one_declared() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt", "lowest.txt"])
def test_every_pin_is_exact(name: str) -> None:
    assert [str(pin) for pin in _pins(name) if not re.fullmatch(r"==[^*]+", str(pin.specifier))] == []


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt", "lowest.txt"])
def test_the_pins_satisfy_what_is_declared(name: str) -> None:
    pinned = {pin.name: str(pin.specifier).removeprefix("==") for pin in _pins(name)}
    declared = [Requirement(text) for text in PROJECT["dependencies"]]
    unmet = [str(need) for need in declared if not need.specifier.contains(pinned.get(need.name, "0"))]
    assert unmet == []


def test_users_and_developers_get_the_same_versions() -> None:
    assert {str(pin) for pin in _pins("runtime.txt")} <= {str(pin) for pin in _pins("dev.txt")}


def test_the_package_says_that_it_is_typed() -> None:
    assert (SOURCE / "py.typed").is_file()


def test_the_lowest_pins_are_the_floors_that_are_declared() -> None:
    pinned = {pin.name: str(pin.specifier).removeprefix("==") for pin in _pins("lowest.txt")}
    floors = {
        need.name: spec.version
        for need in map(Requirement, PROJECT["dependencies"])
        for spec in need.specifier
        if spec.operator == ">="
    }
    assert len(floors) == len(PROJECT["dependencies"])
    higher = {
        name: pinned[name]
        for name, floor in floors.items()
        if Version(pinned[name]).release[: len(Version(floor).release)] != Version(floor).release
    }
    assert higher == {}
