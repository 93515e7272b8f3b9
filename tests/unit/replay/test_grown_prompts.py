"""Blocks where no source states any: a prompt is the last one, grown."""

from pathlib import Path

from agenttrace.ingest.reading import read
from agenttrace.replay.choices import Load
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.grown_prompts import BLOCK_TOKENS, is_cache_untold, with_grown_prompts
from agenttrace.replay.playing import set_stage
from agenttrace.replay.replica import Limits
from agenttrace.replay.steps import AffineSteps
from agenttrace.replay.workload import Workload, read_workload
from timeline import MS, draw

SESSION = Path(__file__).resolve().parents[3] / "sample_traces" / "claude-code" / "33min.jsonl"
STEPS = AffineSteps(1.0 * MS, 0.0, 0.0, 1.0 * MS, 0.0, 0.0)
DRAWING = """
    session            |==============|
      request one      |pddd          |
      request two      |     pddd     |  after one
      request three    |          pddd|  after two
    """


def _drawn(prompts: list[int], cached: list[int]) -> Workload:
    workload = read_workload(draw(DRAWING).trace)
    workload.requests.input_tokens[:], workload.requests.cached_tokens[:] = prompts, cached
    workload.requests.output_tokens[:] = 4
    return with_grown_prompts(workload)


def _hits(workload: Workload) -> list[int]:
    stage = set_stage(workload, Load.CLOSED, 1)
    hits: list[int] = stage.play(Deployment(STEPS, 1, Limits())).hit_tokens.tolist()
    return hits


def test_a_prompt_finds_what_the_last_one_left() -> None:
    workload = _drawn([100, 200, 320], [0, 0, 0])
    assert workload.prompts.block_tokens == BLOCK_TOKENS
    assert _hits(workload) == [0, 96, 192]


def test_what_is_not_kept_is_not_found() -> None:
    stage = set_stage(_drawn([100, 200, 320], [0, 90, 190]), Load.CLOSED, 1)
    assert stage.play(Deployment(STEPS, 1, Limits(), keep_ns=0)).hit_tokens.tolist() == [0, 0, 0]


def test_a_context_that_was_replaced_keeps_what_it_found_cached() -> None:
    assert _hits(_drawn([100, 400, 150], [0, 0, 64])) == [0, 96, 64]


def test_blocks_that_are_known_stay() -> None:
    workload = read_workload(
        read(Path(__file__).resolve().parents[3] / "sample_traces" / "dynamo-captures" / "A")
    )
    assert with_grown_prompts(workload) is workload


def test_of_a_real_session_about_as_much_is_cached_as_was() -> None:
    workload = read_workload(read(SESSION))
    grown = with_grown_prompts(workload)
    told = int(workload.requests.cached_tokens[workload.requests.cached_tokens > 0].sum())
    assert 0.9 * told < sum(_hits(grown)) < 1.1 * told


def test_only_a_workload_without_times_or_caches_is_grown_for_a_cache_without_an_end() -> None:
    folder = Path(__file__).resolve().parents[3] / "sample_traces"
    told = {
        name: is_cache_untold(read_workload(read(folder / name)))
        for name in ("applied-compute/sessions.jsonl", "dynamo/fan-out.jsonl")
    }
    assert list(told.values()) == [True, False]
