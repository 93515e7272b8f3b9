"""Phases are told apart without colours, and by people who see fewer of them."""

from itertools import combinations
from math import dist

import pytest

from agenttrace.model.vocabulary import Phase
from agenttrace.report.html.palette import LOOKS, phase_style, phase_table

# How three kinds of colour blindness mix the channels of linear light (Machado, Oliveira, Fernandes 2009; complete).
BLINDNESS = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
LEAST = 8.0


def _linear(color: str) -> list[float]:
    shares = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]


def _lab(linear: list[float]) -> tuple[float, float, float]:
    red, green, blue = linear
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
    )
    x, y, z = (max(t, 0) ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _apart(one: list[float], other: list[float]) -> float:
    return dist(_lab(one), _lab(other))


@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_or_patterns_differ_under_every_kind_of_colour_blindness(kind: str) -> None:
    seen = {
        phase: [
            sum(share * light for share, light in zip(row, _linear(look.color), strict=True))
            for row in BLINDNESS[kind]
        ]
        for phase, look in LOOKS.items()
    }
    alike = [
        (one.value, other.value)
        for one, other in combinations(Phase, 2)
        if _apart(seen[one], seen[other]) < LEAST and LOOKS[one].tile == LOOKS[other].tile
    ]
    assert alike == []


def test_no_two_phases_look_alike_in_colour() -> None:
    close = [
        (one.value, other.value)
        for one, other in combinations(Phase, 2)
        if _apart(_linear(LOOKS[one].color), _linear(LOOKS[other].color)) < LEAST
    ]
    assert close == []


def test_every_phase_has_a_look_and_its_meaning() -> None:
    assert set(LOOKS) == set(Phase)
    assert [row[0] for row in phase_table()] == [phase.value for phase in Phase]
    assert all(look.meaning.endswith(".") for look in LOOKS.values())


def test_the_style_has_a_class_for_each_phase_and_loads_nothing() -> None:
    style = phase_style()
    assert style.count("data:image/png;base64,") == len(Phase)
    assert "http" not in style
