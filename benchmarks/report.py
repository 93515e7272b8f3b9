"""How large a report is, and how fast it draws, next to plainer ways of drawing the same in the same run.

    python benchmarks/report.py --size 100000
    python benchmarks/report.py --quick --json report.json

Needs a Chromium (`chromium` on the path, or AGENTTRACE_CHROMIUM), which draws without a graphics card. Sessions are
made up from a seed. One of `--size` spans is drawn by

ours      the report itself: unpacking its data and the first drawing; then zooms, each drawn anew
boxes     a canvas with one rectangle a span, as most waterfalls draw
plotly    plotly's basic build, a line a span, drawn and zoomed

Every figure is the median over at least three openings, in turn. `frames` is how many a second are shown while the
report is panned for two seconds. Sizes: the sample session, the large one, `--sessions` small ones in one report.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from children import ROOT, write_json
from report_sessions import write_large_session, write_many_sessions

QUICK, FULL = 20_000, 100_000
QUICK_SESSIONS, FULL_SESSIONS = 1_000, 10_000
SAMPLE = ROOT / "sample_traces" / "claude-code" / "33min.jsonl"
WAYS = ("ours", "boxes", "plotly")
_FLAGS = (
    *("--no-sandbox", "--no-first-run", "--disable-quic", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes reports, opens them, prints."""
    options = _options(arguments)
    chromium = os.environ.get("AGENTTRACE_CHROMIUM") or shutil.which("chromium")
    size = QUICK if options.quick else options.size
    sessions = QUICK_SESSIONS if options.quick else options.sessions
    with tempfile.TemporaryDirectory(prefix="agenttrace-report-") as folder:
        pages = _write_pages(Path(folder), size, sessions, options.seed)
        sizes = {name: pages[name].stat().st_size for name in ("sample", "large", "many")}
        drawn = _measure(pages, chromium, max(3, options.repeat)) if chromium else {}
    for name, count in {"sample": 1, "large": 1, "many": sessions}.items():
        print(f"{name:8}{count:>8,} sessions{sizes[name] / 1e6:>8.2f} MB")
    if not chromium:
        print("no Chromium: nothing was drawn")
    for way, found in drawn.items():
        print(_told(way, found, drawn["ours"]))
    if options.json:
        about = {"seed": options.seed, "spans": size, "sessions": sessions, "python": sys.version.split()[0]}
        write_json(options.json, {**about, "bytes": sizes, "ways": drawn})
    return 0


def _told(way: str, found: dict[str, Any], ours: dict[str, Any]) -> str:
    times = [
        f"{found[name]:>9.1f} ms ({found[name] / ours[name]:.1f} x)" for name in ("first_ms", "redraw_ms")
    ]
    line = f"{way:8} first {times[0]}, again {times[1]}"
    if way != "ours":
        return line
    return f"{line}, {found['frames']:.0f} frames/s, first paint after {found['paint_ms']:.0f} ms"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=FULL, help="spans of the large session")
    parser.add_argument("--sessions", type=int, default=FULL_SESSIONS, help="how many small sessions")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} spans, {QUICK_SESSIONS} sessions")
    parser.add_argument("--seed", type=int, default=33)
    parser.add_argument("--repeat", type=int, default=3, help="openings of each, three at least")
    parser.add_argument("--json", metavar="FILE", help="the figures, `-` for standard output")
    return parser.parse_args(arguments)


def _write_pages(folder: Path, size: int, sessions: int, seed: int) -> dict[str, Path]:
    """The reports, and the pages that draw the large session in plainer ways."""
    import agenttrace  # noqa: PLC0415  # heavy
    from agenttrace.ingest.reading import read  # noqa: PLC0415
    from agenttrace.report.html.assets import plotly  # noqa: PLC0415
    from agenttrace.report.timeline.timeline import timelines  # noqa: PLC0415

    write_large_session(folder / "large.jsonl", size, seed)
    write_many_sessions(folder / "many.jsonl", sessions, seed)
    large = read(folder / "large.jsonl")
    pages = {name: folder / f"{name}.html" for name in ("sample", "large", "many", "boxes", "plotly")}
    for name, trace in {"sample": read(SAMPLE), "large": large, "many": read(folder / "many.jsonl")}.items():
        pages[name].write_text(agenttrace.to_html(trace), encoding="utf-8")
    (timeline,) = timelines(large)
    spans = timeline.spans.select("lane", "start_ns", "end_ns").rows()
    rows = [
        [lane, (start - timeline.start_ns) / 1e9, (end - timeline.start_ns) / 1e9]
        for lane, start, end in spans
    ]
    data = f"<script>const rows = {json.dumps(rows)};</script>"
    pages["boxes"].write_text(f"<canvas id=c width=1400 height=620></canvas>{data}<script>{_BOXES}</script>")
    pages["plotly"].write_text(
        f"<div id=c style='width:1400px;height:620px'></div><script>{plotly()}</script>{data}<script>{_PLOTLY}</script>"
    )
    return pages


_BOXES = """const context = document.getElementById("c").getContext("2d");
const draw = (from, to) => { context.clearRect(0, 0, 1400, 620); const scale = 1400 / (to - from);
  for (const [lane, start, end] of rows) { context.fillStyle = lane % 2 ? "#0072b2" : "#009e73";
    context.fillRect((start - from) * scale, lane * 14, Math.max(1, (end - start) * scale), 12); }
  context.getImageData(0, 0, 1, 1); };
const wall = Math.max(...rows.map((row) => row[2]));
window.first = async () => draw(0, wall);
window.redraw = async (share) => draw(wall * share, wall * (share + 0.5));"""

_PLOTLY = """const wall = rows.reduce((most, row) => Math.max(most, row[2]), 0);
const x = [], y = [];
for (const [lane, start, end] of rows) { x.push(start, end, null); y.push(lane, lane, null); }
window.first = () => Plotly.newPlot("c", [{ x, y, mode: "lines", line: { width: 10 } }], {});
window.redraw = (share) => Plotly.relayout("c", { "xaxis.range": [wall * share, wall * (share + 0.5)] });"""

_PLAIN = """async () => { const again = [];
  const timed = async (work) => { const begin = performance.now(); await work(); return performance.now() - begin; };
  const drawn = await timed(window.first);
  for (const share of [0.1, 0.2, 0.3]) again.push(await timed(() => window.redraw(share)));
  return { first_ms: drawn, redraw_ms: again.sort((a, b) => a - b)[1] }; }"""

_OURS = """async () => { const view = agenttrace, again = [];
  const [first] = performance.getEntriesByName("agenttrace-first-drawing");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  for (const share of [0.1, 0.2, 0.3, 0.1, 0.2]) {
    view.show(view.shown.wall * share, view.shown.wall * (share + 0.5));
    const begin = performance.now(); view.drawNow(); again.push(performance.now() - begin); }
  let frames = 0; const end = performance.now() + 2000;
  await new Promise((done) => { const next = () => { view.pan(frames++ % 100 < 50 ? 0.01 : -0.01);
    if (performance.now() < end) requestAnimationFrame(next); else done(); }; requestAnimationFrame(next); });
  return { first_ms: first.duration, redraw_ms: again.sort((a, b) => a - b)[2], frames: frames / 2,
           paint_ms: paint ? paint.startTime : 0, spans: view.session.n }; }"""


def _measure(pages: dict[str, Path], chromium: str, repeat: int) -> dict[str, dict[str, Any]]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # sizes need no browser

    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        for _ in range(repeat):
            for way in WAYS:
                page = browser.new_page(viewport={"width": 1440, "height": 1000})
                page.goto(pages["large" if way == "ours" else way].as_uri())
                if way == "ours":
                    page.wait_for_selector("html[data-ready=yes]")
                    page.wait_for_timeout(300)
                runs[way].append(page.evaluate(_OURS if way == "ours" else _PLAIN))
                page.close()
        browser.close()
    return {
        way: {name: statistics.median(run[name] for run in found) for name in found[0]}
        for way, found in runs.items()
    }


if __name__ == "__main__":
    sys.exit(main())
