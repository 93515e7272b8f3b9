// What is drawn over the bars: their names, the critical path as one line, what is chosen and what is pointed at.

const NAMED_WIDTH = 44;
const ARROW_GAP = 9;
const LINE_BELOW = BAR_HEIGHT + 4;

function drawOverlay(view, context) {
  drawBarNames(view, context);
  context.save();
  context.beginPath();
  context.rect(view.gutter, RULER_HEIGHT, view.width - view.gutter, view.height);
  context.clip();
  drawPathLine(view, context);
  if (view.pointed >= 0) outline(view, context, view.pointed, 1);
  if (view.chosen >= 0) outline(view, context, view.chosen, 2);
  if (view.stretch >= 0) markStretch(view, context);
  context.restore();
}

function xOf(view, time) {
  return view.gutter + (time - view.from) * view.scale;
}

function yOf(view, row) {
  return RULER_HEIGHT + row * ROW_HEIGHT - view.top;
}

function drawBarNames(view, context) {
  const { shown, layout, from, to, top, height, scale } = view;
  context.font = "10.5px system-ui, sans-serif";
  context.textBaseline = "middle";
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT));
  const last = Math.min(layout.rows.length, Math.ceil((top + height) / ROW_HEIGHT));
  const long = NAMED_WIDTH / scale;
  for (let index = first; index < last; index++) {
    if (layout.rows[index].group) continue;
    for (const run of layout.rows[index].runs) {
      for (let i = firstAbove(shown.end, from, run.first, run.last); i < run.last && shown.start[i] < to; i++) {
        if (shown.end[i] - shown.start[i] >= long) nameBar(view, context, i);
      }
    }
  }
}

function nameBar(view, context, place) {
  const { session, shown } = view;
  const left = Math.max(view.gutter, xOf(view, shown.start[place]));
  const right = Math.min(view.width, xOf(view, shown.end[place]));
  if (right - left < NAMED_WIDTH) return;
  const y = yOf(view, view.layout.ofSpan(place));
  if (y < RULER_HEIGHT - ROW_HEIGHT) return;
  const name = barName(session, place);
  const room = right - left - 10;
  const fits = fitting(context, name, room);
  if (!fits) return;
  const width = context.measureText(fits).width;
  context.fillStyle = styleColor("--ground");
  context.globalAlpha = 0.86;
  context.fillRect(left + 3, Math.max(RULER_HEIGHT, y + 3), width + 5, BAR_HEIGHT - 2);
  context.globalAlpha = 1;
  context.fillStyle = styleColor("--ink");
  if (y + 2 >= RULER_HEIGHT) context.fillText(fits, left + 5.5, y + 2.5 + BAR_HEIGHT / 2);
}

function fitting(context, name, room) {
  if (context.measureText(name).width <= room) return name;
  const letters = Math.floor((room / context.measureText(name).width) * name.length) - 1;
  return letters >= 3 ? `${name.slice(0, letters)}…` : "";
}

// The line runs below the bars that it follows; of the many turns within one point only the furthest are drawn.
function drawPathLine(view, context) {
  const { path } = view.shown;
  const line = new Path2D();
  const arrows = [];
  const first = Math.max(0, firstAbove(path.end, view.from, 0, path.n) - 1);
  let x = Math.max(view.gutter - 2, xOf(view, path.start[first]));
  let y = yOf(view, view.layout.ofStretch(path, first)) + LINE_BELOW;
  let [low, high] = [y, y];
  line.moveTo(x, y);
  for (let i = first; i < path.n && path.start[i] <= view.to; i++) {
    const below = yOf(view, view.layout.ofStretch(path, i)) + LINE_BELOW;
    if (below < low || below > high) {
      line.lineTo(x, below);
      if (path.lane[i] !== path.lane[i - 1]) arrows.push([x, y, below]);
      [low, high] = [Math.min(low, below), Math.max(high, below)];
    }
    y = below;
    const end = Math.min(view.width + 2, xOf(view, path.end[i]));
    if (end - x <= 0.5) continue;
    line.lineTo(x, y);
    line.lineTo(end, y);
    x = end;
    [low, high] = [y, y];
  }
  strokeTwice(context, line, 2.4);
  drawArrows(context, arrows);
}

function strokeTwice(context, line, width) {
  context.lineJoin = "round";
  context.strokeStyle = styleColor("--ground");
  context.lineWidth = width + 2.4;
  context.stroke(line);
  context.strokeStyle = styleColor("--path");
  context.lineWidth = width;
  context.stroke(line);
}

// Where the path goes into another lane, an arrow says in which direction; as many as there is room for.
function drawArrows(context, arrows) {
  let last = -ARROW_GAP;
  context.fillStyle = styleColor("--path");
  for (const [x, from, to] of arrows) {
    if (x - last < ARROW_GAP || Math.abs(to - from) < ROW_HEIGHT - 4) continue;
    const back = to > from ? -7 : 7;
    context.beginPath();
    context.moveTo(x, to);
    context.lineTo(x - 4.5, to + back);
    context.lineTo(x + 4.5, to + back);
    context.fill();
    last = x;
  }
}

function outline(view, context, place, width) {
  const { shown } = view;
  const x0 = xOf(view, shown.start[place]);
  const x1 = Math.max(x0 + 2, xOf(view, shown.end[place]));
  const y = yOf(view, view.layout.ofSpan(place)) + 2;
  context.strokeStyle = styleColor("--ground");
  context.lineWidth = width + 2;
  context.strokeRect(x0 - 1, y - 1, x1 - x0 + 2, BAR_HEIGHT + 2);
  context.strokeStyle = styleColor("--accent");
  context.lineWidth = width;
  context.strokeRect(x0 - 1, y - 1, x1 - x0 + 2, BAR_HEIGHT + 2);
}

function markStretch(view, context) {
  const { path } = view.shown;
  const x0 = xOf(view, path.start[view.stretch]);
  const x1 = Math.max(x0 + 3, xOf(view, path.end[view.stretch]));
  const y = yOf(view, view.layout.ofStretch(path, view.stretch)) + LINE_BELOW;
  context.strokeStyle = styleColor("--accent");
  context.lineWidth = 4.5;
  context.beginPath();
  context.moveTo(x0, y);
  context.lineTo(x1, y);
  context.stroke();
}
