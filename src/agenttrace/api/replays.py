"""`fit`, `replay_on` and `platforms`: sessions on other servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from agenttrace.api.inputs import Sessions
from agenttrace.api.replaying import FIT, Asked, fitted, replayed
from agenttrace.replay.choices import Load
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from agenttrace.replay.platforms.choosing import Wanted, read_document
from agenttrace.replay.platforms.measured import MeasuredPlatform
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.policies import parse_habits, parse_policies
from agenttrace.replay.replaying import Replayed, Scenario

Platform: TypeAlias = str | Path | MeasuredPlatform
"""One that comes along by its name, one in a file, or what `fit` found."""


def fit(
    sessions: Sessions, *, name: str = "fitted", seed: int = 1, input_format: str | None = None
) -> MeasuredPlatform:
    """The server of these sessions, measured from them: each number with its interval, and whether they tell it.

    For `replay_on`; `render(platform, "toml")` makes its file. `findings` say where the sessions were not served alike,
    so that it is no server's at all. NoDataError where too few requests tell their first
    token and their tokens.

    >>> import agenttrace
    >>> server = agenttrace.fit("sample_traces/dynamo-captures/A/request-trace.000000.jsonl.gz")
    >>> step = server.numbers["step"]
    >>> step.unit, step.low <= step.value <= step.high
    ('ns', True)
    """
    return fitted(sessions, input_format, name, seed)[0]


def replay_on(
    sessions: Sessions,
    platform: Platform | Sequence[Platform],
    *,
    model: str | None = None,
    baseline: Platform = FIT,
    replicas: int | None = None,
    baseline_replicas: int | None = None,
    load: Literal["closed", "recorded", "isolated"] = "closed",
    lanes: int | None = None,
    draws: int | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 1,
    input_format: str | None = None,
) -> Replayed:
    """The same sessions on other servers: what they would take, with its interval and what that rests on.

    `model`: what modelled platforms serve. `baseline`: what served the sessions; "fit": learnt from them. `replicas`:
    servers of each platform, `baseline_replicas`: of the baseline. `load`: how sessions come; `lanes`: so many at once;
    None: as recorded. `draws`: simulations of each kind. `settings`: numbers of the platforms and policies, those of
    `--set`.
    `table` of the result is a frame; `answers` has everything.

    >>> import agenttrace
    >>> found = agenttrace.replay_on("sample_traces/dynamo/fan-out.jsonl", "b200", model="glm-5", draws=2)
    >>> median = found.table.row(0, named=True)
    >>> median["percent"], median["gain_low"] <= median["gain"] <= median["gain_high"]
    (50, True)
    """
    many = [platform] if isinstance(platform, str | Path | MeasuredPlatform) else list(platform)
    told = [f"{key}={value}" for key, value in (settings or {}).items()]
    habits, others = parse_habits(told)
    policies = parse_policies(others)
    wanted = [Wanted(_plain(one), model, policies, replicas) for one in many]
    scenario = Scenario(Load(load), lanes, draws, seed, habits)
    return replayed(Asked(sessions, input_format, wanted, _plain(baseline), scenario, baseline_replicas))


def platforms(*names: str | Path) -> dict[str, dict[str, Any]]:
    """The documents of platforms, by name: those that come along, or those of these names and files.

    Every number in one says its unit, whose claim it is, and where it stands.

    >>> import agenttrace
    >>> sorted(agenttrace.platforms())[:3]
    ['b200', 'b300', 'example-split']
    >>> agenttrace.platforms("b200")["b200"]["kind"]
    'modelled'
    """
    if names:
        return {str(name): read_document(str(name)) for name in names}
    return {name: parse_toml(text, name) for name, text in shipped_platforms().items()}


def models() -> dict[str, dict[str, Any]]:
    """The documents of the models that modelled platforms can serve, by name.

    >>> import agenttrace
    >>> agenttrace.models()["glm-5"]["layers"]
    78
    """
    return {name: parse_toml(text, name) for name, text in shipped_models().items()}


def _plain(platform: Platform) -> str | MeasuredPlatform:
    return str(platform) if isinstance(platform, Path) else platform
