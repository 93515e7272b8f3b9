"""docs/reference/platforms.md: the platforms and models that come along, each number with whose word it is."""

from __future__ import annotations

from typing import Any

from agenttrace.documents.markdown import GENERATED, code, table
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from agenttrace.replay.platforms.toml_text import parse_toml

_LISTED = ("layers", "hidden", "experts", "experts_per_token", "kv_elements", "native")


def page() -> str:
    """A section for each platform, and a table of the models."""
    platforms = [parse_toml(text, name) for name, text in shipped_platforms().items()]
    models = [parse_toml(text, name) for name, text in shipped_models().items()]
    rows = [(f"[{p['name']}](#{p['name']})", str(p["about"]), _claims(p)) for p in platforms]
    parts = [_INTRODUCTION, table(("platform", "what it is", "numbers by claim"), rows)]
    parts += [_section(platform) for platform in platforms]
    told = [(code(m["name"]), *(str(m[key]) for key in _LISTED), str(m["source"])) for m in models]
    titles = ("model", *(name.replace("_", " ") for name in _LISTED), "source")
    parts += ["## Models\n", table(titles, told)]
    return "\n".join(parts)


_INTRODUCTION = f"""# Platforms and models

{GENERATED}

Every number says whose word it is. *measured*: somebody outside the vendor measured it, or it is fitted to such
measurements. *vendor*: the vendor says so. *derived*: it follows from others by arithmetic. *assumed*: nobody has
said it; where it has a range it is varied within it. [How they are used](../explanation/replay-model.md), [what
is known of Rubin
and LPX](../explanation/vendor-claims.md), [how to write one](../how-to/write-a-platform.md).
"""


def _claims(platform: dict[str, Any]) -> str:
    claims = [number["claim"] for number in platform["numbers"].values()]
    return ", ".join(f"{claims.count(claim)} {claim}" for claim in sorted(set(claims)))


def _section(platform: dict[str, Any]) -> str:
    rows = [_number(name, told) for name, told in platform["numbers"].items()]
    titles = ("number", "value", "range", "unit", "claim", "source")
    parts = [
        f"## {platform['name']}\n",
        f"{platform['about']}. Precision {platform['precision']}, split {platform['split']}.\n",
    ]
    parts.append(table(titles, rows))
    if tiers := platform.get("tiers"):
        told = [
            (t["name"], *(str(t[k]) for k in ("capacity_gb", "bandwidth_gb_s", "latency_us")), t["source"])
            for t in tiers
        ]
        parts.append(table(("tier of a cache", "GB", "GB/s", "µs", "source"), told))
    if claims := platform.get("claims"):
        said = [
            (c["what"], str(c["value"]), c["unit"], str(c.get("context_tokens", "")), c["source"])
            for c in claims
        ]
        parts.append(table(("the vendor claims", "value", "unit", "context, tokens", "source"), said))
    return "\n".join(parts)


def _number(name: str, told: dict[str, Any]) -> tuple[str, ...]:
    low, high = told.get("low"), told.get("high")
    spread = "" if low is None and high is None else f"{low} to {high}"
    return code(name), str(told["value"]), spread, told["unit"], told["claim"], told["source"]
