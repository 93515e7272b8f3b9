// The ruler above the bars, and the names beside them.

const RULER_HEIGHT = 24;
const TICK_GAP = 90;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const LONG_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

// A round stretch of time that is at least so long.
function tickStep(least) {
  for (const unit of [1, 1e3, 1e6]) for (const step of STEPS) if (step * unit >= least) return step * unit;
  for (const step of LONG_STEPS) if (step * 1e9 >= least) return step * 1e9;
  return 86400e9 * Math.ceil(least / 86400e9);
}

function drawRuler(view, context) {
  const { from, to, scale, gutter, width, height } = view;
  const step = tickStep(TICK_GAP / scale);
  context.fillStyle = styleColor("--ground");
  context.fillRect(0, 0, width, RULER_HEIGHT);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.textAlign = "left";
  const end = view.realTime(to);
  let x = gutter - TICK_GAP;
  for (let at = Math.ceil(view.realTime(from) / step) * step; at < end; at += step) {
    const next = gutter + (view.drawnTime(at) - from) * scale;
    if (next - x < TICK_GAP / 2) {
      at = Math.ceil(view.realTime(from + (x + TICK_GAP / 2 - gutter) / scale) / step) * step - step; // idle, drawn short
      x -= 1;
      continue;
    }
    x = next;
    drawTick(context, x, height, x < width - 40 ? formatInstant(at, step) : "");
  }
  context.fillStyle = styleColor("--line");
  context.fillRect(0, RULER_HEIGHT - 1, width, 1);
}

function drawTick(context, x, height, label) {
  context.fillStyle = styleColor("--line");
  context.fillRect(Math.round(x), 0, 1, height);
  context.fillStyle = styleColor("--faint");
  context.fillText(label, x + 4, RULER_HEIGHT / 2);
}

function drawNames(view, context) {
  const { layout, session, gutter, height, top } = view;
  context.fillStyle = styleColor("--ground");
  context.fillRect(0, RULER_HEIGHT, gutter - 1, height);
  context.save();
  context.beginPath();
  context.rect(0, RULER_HEIGHT, gutter - 6, height);
  context.clip();
  context.textBaseline = "middle";
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT));
  for (let index = first; index < layout.rows.length; index++) {
    const y = RULER_HEIGHT + index * ROW_HEIGHT - top;
    if (y > height) break;
    drawName(context, session, layout.rows[index], y, gutter);
  }
  context.restore();
  context.fillStyle = styleColor("--line");
  context.fillRect(gutter - 1, 0, 1, height);
}

function drawName(context, session, row, y, gutter) {
  if (!row.label) return;
  const indent = 6 + Math.min(12 * session.lanes[row.lane].depth, 0.3 * gutter); // deeper names would leave the gutter
  context.font = row.group ? "12px system-ui, sans-serif" : "600 12px system-ui, sans-serif";
  context.fillStyle = styleColor(row.group ? "--faint" : "--ink");
  const sign = row.group ? (row.group.folded ? "▸ " : "▾ ") : "";
  context.fillText(sign + row.label, row.group ? indent - 8 : indent, y + ROW_HEIGHT / 2);
}
