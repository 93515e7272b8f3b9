// The bars, point by point into one image: a hundred thousand spans take a few milliseconds.
//
// First every row becomes one line of codes, each of which stands for a look, a phase, and whether there is room for
// the phase's tile. Then the lines are drawn out into bars.

const TILE_LEAST = 5; // narrower bars get no pattern
const LOOKS = ["full", "faint", "ghost"];
const [FULL, FAINT, GHOST] = [0, 1, 2];

function paintBars(view, image) {
  const pixels = new Uint32Array(image.data.buffer);
  pixels.fill(view.looks.ground);
  const first = Math.max(0, Math.floor(view.top / ROW_HEIGHT));
  const last = Math.min(view.layout.rows.length, Math.ceil((view.top + view.height - RULER_HEIGHT) / ROW_HEIGHT));
  if (last <= first) return;
  const lines = {
    first,
    last,
    width: image.width,
    left: Math.round(view.gutter * view.ratio),
    scale: view.scale * view.ratio,
    codes: new Uint8Array((last - first) * image.width),
  };
  for (let row = first; row < last; row++) {
    for (const run of view.layout.rows[row].runs) codeRun(view, lines, run, (row - first) * image.width);
  }
  codePath(view, lines);
  drawLines(view, lines, pixels, image.height);
}

function codeOf(look, phase, tiled) {
  return 1 + ((look << 5) | (phase << 1) | tiled);
}

function codeRun(view, lines, run, line) {
  const { shown, from, to, matches } = view;
  const { start, end, firstSlice, sliceStart, sliceEnd, phase } = shown;
  for (let i = firstAbove(end, from, run.first, run.last); i < run.last && start[i] < to; i++) {
    const look = matches ? (matches[i] ? FULL : GHOST) : FAINT;
    for (let k = firstSlice[i]; k < firstSlice[i + 1]; k++) {
      codeBar(lines, line, (sliceStart[k] - from) * lines.scale, (sliceEnd[k] - from) * lines.scale, look, phase[k]);
    }
  }
}

function codePath(view, lines) {
  const { shown, from, to, layout, matches } = view;
  const { path } = shown;
  for (let i = firstAbove(path.end, from, 0, path.n); i < path.n && path.start[i] < to; i++) {
    const place = path.place[i];
    if (place < 0 || (matches && !matches[place])) continue;
    const row = layout.ofStretch(path, i);
    if (row < lines.first || row >= lines.last) continue;
    const line = (row - lines.first) * lines.width;
    codeBar(lines, line, (path.start[i] - from) * lines.scale, (path.end[i] - from) * lines.scale, FULL, path.phase[i]);
  }
}

// At least one point wide; within one point, what was found by a search, or is on the path, is what is seen.
function codeBar(lines, line, begin, end, look, phase) {
  const x0 = Math.max(lines.left, lines.left + Math.round(begin));
  const x1 = Math.min(lines.width, Math.max(lines.left + Math.round(end), x0 + 1));
  const code = codeOf(look, phase, x1 - x0 >= TILE_LEAST && look !== GHOST ? 1 : 0);
  if (x1 - x0 > 8) lines.codes.fill(code, line + x0, line + x1);
  else for (let x = line + x0; x < line + x1; x++) lines.codes[x] = code;
}

function drawLines(view, lines, pixels, height) {
  const { colors, darks, tiles } = codeTables(view);
  const shift = view.ratio >= 1.75 ? 1 : 0;
  const { width, left, codes } = lines;
  for (let row = lines.first; row < lines.last; row++) {
    const edges = barEdges(view, row, height);
    if (!edges) continue;
    const line = (row - lines.first) * width;
    for (let y = edges[0]; y < edges[1]; y++) {
      const at = y * width;
      const tileRow = (y >> shift) & 7;
      for (let x = left; x < width; x++) {
        const code = codes[line + x];
        if (code) pixels[at + x] = (tiles[(code << 3) | tileRow] >> (7 - ((x >> shift) & 7))) & 1 ? darks[code] : colors[code];
      }
    }
  }
}

// The lines of points that the bars of a row cover; null where none is in the picture.
function barEdges(view, index, height) {
  const top = RULER_HEIGHT + index * ROW_HEIGHT - view.top + 2;
  const from = Math.max(Math.round(RULER_HEIGHT * view.ratio), Math.round(top * view.ratio));
  const to = Math.min(height, Math.round((top + BAR_HEIGHT) * view.ratio));
  return from < to ? [from, to] : null;
}

// For each code its colour, that of the points of its tile, and the tile's eight rows.
function codeTables(view) {
  if (view.tables?.looks === view.looks) return view.tables;
  const tables = { looks: view.looks, colors: new Int32Array(128), darks: new Int32Array(128), tiles: new Uint8Array(1024) };
  LOOKS.forEach((name, look) => PHASES.forEach(({ tile }, phase) => {
    for (const tiled of [0, 1]) {
      const code = codeOf(look, phase, tiled);
      [tables.colors[code], tables.darks[code]] = view.looks[name][phase];
      if (tiled) tables.tiles.set(tile, code << 3);
    }
  }));
  view.tables = tables;
  return tables;
}
