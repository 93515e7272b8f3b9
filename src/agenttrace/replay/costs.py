"""What a session costs on a platform, where prices or power are given."""

from __future__ import annotations

from dataclasses import dataclass

from agenttrace.replay.outcome import Outcome

_HOUR_NS = 3.6e12


@dataclass(frozen=True, slots=True)
class Rates:
    """Of one replica: `price` a hour, `power_kw`; `energy_price` of a kWh. 0: not given. Prices are in one currency."""

    price: float = 0.0
    power_kw: float = 0.0
    energy_price: float = 0.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a session on average, as long as the servers stand there for the sessions that were played; None: unknown."""

    price: float | None
    energy_kwh: float | None


def cost_of(outcome: Outcome, replicas: int, rates: Rates) -> Cost | None:
    """All replicas from the first session's start to the last one's end, shared out over the sessions."""
    if not len(outcome.end) or not (rates.price or rates.power_kw):
        return None
    hours = float(outcome.end.max() - outcome.start.min()) / _HOUR_NS * replicas / len(outcome.end)
    energy = hours * rates.power_kw if rates.power_kw else None
    price = hours * rates.price + (energy or 0.0) * rates.energy_price
    return Cost(price if rates.price or (energy and rates.energy_price) else None, energy)
