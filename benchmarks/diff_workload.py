"""Sessions of which the truth is known twice: how much they had to do, and how fast it was served.

Every phase takes what drives it: decode by output tokens, prefill by new input tokens, tools by calls, queue and the
agent program by requests; each with a deviation of its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from agenttrace.diff.comparison import cause_of
from agenttrace.diff.metrics import BY_NAME
from agenttrace.diff.pairing import pair
from agenttrace.diff.policy import DEFAULT_GATES
from agenttrace.diff.result import Cause
from agenttrace.diff.samples import completed, sample_of
from agenttrace.diff.spread import Origin, Spread
from agenttrace.diff.verdicts import Question, answer, measure, overall
from agenttrace.diff.workload import compare_work
from agenttrace.model.vocabulary import Phase

S = 10**9
TIME = BY_NAME["session.active_time"]
GATES = [gate for gate in DEFAULT_GATES if gate.metric == TIME.name]
KNOWN = Spread(0.0, np.inf, Origin.MEASURED)
WORK_SPREAD, SESSION_SPREAD, PHASE_SPREAD = 0.7, 0.3, 0.15


@dataclass(frozen=True)
class World:
    """How much more the candidate's sessions do, how much longer their answers are, how much slower they are served."""

    name: str
    tasks: int
    work: float = 1.0
    answers: float = 1.0
    served: float = 1.0


WORLDS = [
    *(World("a third more of everything to do", n, work=1.33) for n in (50, 100, 200)),
    *(World("answers half as long again", n, answers=1.5) for n in (50, 100)),
    *(World("equal work, served 20 % slower", n, served=1.2) for n in (100,)),
    *(World("a third more to do, served 20 % slower", n, work=1.33, served=1.2) for n in (100,)),
]


def side(
    random: np.random.Generator, task: np.ndarray, work: float, answers: float, served: float
) -> pl.DataFrame:
    """The sessions of one side, one of each task; `task` is the logarithm of what each has to do."""
    size = len(task)
    amount = work * np.exp(task + random.normal(0, SESSION_SPREAD, size))
    requests = np.maximum(np.round(20 * amount), 1)
    calls = np.maximum(np.round(18 * amount), 1)
    output = np.round(400 * requests * answers * np.exp(random.normal(0, 0.05, size)))
    fresh = np.round(900 * requests)
    took = {
        Phase.QUEUE: 0.3 * requests * served,
        Phase.PREFILL: 0.0003 * fresh * served,
        Phase.DECODE: 0.01 * output * served,
        Phase.TOOL: 1.5 * calls,
        Phase.HARNESS: 0.05 * requests,
    }
    paths = {
        f"path_{phase.value}_ns": (
            S * took.get(phase, np.zeros(size)) * np.exp(random.normal(0, PHASE_SPREAD, size))
        ).astype(np.int64)
        for phase in Phase
    }
    total = np.sum(list(paths.values()), axis=0)
    names = [str(number) for number in range(size)]
    counts = {"requests": requests, "main_turns": requests, "tool_calls": calls, "output_tokens": output}
    return pl.DataFrame(
        {
            "session": names,
            "task_id": names,
            "first_prompt_fingerprint": names,
            "outcome": ["succeeded"] * size,
            "wall_ns": total,
            "active_ns": total,
            **paths,
            **{name: values.astype(np.int64) for name, values in counts.items()},
            "input_tokens": (4 * fresh).astype(np.int64),
            "cache_read_tokens": (3 * fresh).astype(np.int64),
            **{name: np.zeros(size, np.int64) for name in ("subagents", "compactions")},
            "context_max": np.full(size, 50_000),
        }
    )


def judged(world: World, comparisons: int, seed: int) -> dict[str, object]:
    """How often which verdict falls, and what is blamed for it."""
    random = np.random.default_rng([seed, world.tasks, round(100 * world.work), round(100 * world.answers)])
    verdicts: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    for _ in range(comparisons):
        task = random.normal(0, WORK_SPREAD, world.tasks)
        base = side(random, task, 1.0, 1.0, 1.0)
        candidate = side(random, task, world.work, world.answers, world.served)
        seen = completed(pair(base, candidate))
        sample = sample_of(TIME, seen)
        answers = answer(
            [Question(gate, measure(TIME, gate.stat, sample, 0), KNOWN) for gate in GATES], 0.05, 0
        )
        verdicts[overall(answers).value] += 1
        causes[cause_of(answers, compare_work(seen, 0), GATES).value] += 1
    return {
        "scene": world.name,
        "sessions": world.tasks,
        "comparisons": comparisons,
        **{word: verdicts[word] / comparisons for word in ("regression", "inconclusive")},
        **{f"blamed_{cause.value}": causes[cause.value] / comparisons for cause in Cause},
        "serving_blamed": (causes["serving"] + causes["both"]) / comparisons,
    }
