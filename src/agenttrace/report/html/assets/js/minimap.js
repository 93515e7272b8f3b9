// The whole session in a strip: how much ran at once, the path's phases, and the part that is shown below.

const STRIP = 12; // points of the path's phases

function drawMinimap(view, canvas) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const context = sized(canvas, width, height, view.ratio);
  if (!context) return;
  const image = minimapImage(view, width, height);
  if (image) context.drawImage(image, 0, 0, width, height);
  const { gutter, shown } = view;
  const scale = (width - gutter) / shown.wall;
  const [x0, x1] = [gutter + view.from * scale, gutter + view.to * scale];
  context.fillStyle = styleColor("--ground");
  context.globalAlpha = 0.62;
  context.fillRect(gutter, 0, x0 - gutter, height);
  context.fillRect(x1, 0, width - x1, height);
  context.globalAlpha = 1;
  context.strokeStyle = styleColor("--accent");
  context.lineWidth = 1.5;
  context.strokeRect(x0 + 0.75, 0.75, Math.max(2, x1 - x0 - 1.5), height - 1.5);
}

// Made once for a size and a theme, a moment after the bars, which do not wait for it.
function minimapImage(view, width, height) {
  const key = `${view.session.id} ${view.shown.wall} ${width} ${height} ${view.ratio} ${view.looks.ground}`;
  if (view.minimap?.key === key) return view.minimap.image;
  view.minimap = { key, image: null };
  setTimeout(() => {
    if (view.minimap?.key !== key) return;
    view.minimap.image = makeMinimap(view, width, height);
    view.draw();
  });
  return null;
}

function makeMinimap(view, width, height) {
  const image = document.createElement("canvas");
  const context = sized(image, width, height, view.ratio);
  const room = width - view.gutter;
  context.fillStyle = styleColor("--faint");
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.fillText("at once", 6, (height - STRIP) / 2);
  context.fillText("path", 6, height - STRIP / 2);
  drawRunning(view, context, room, height - STRIP - 3);
  drawStrip(view, context, room, height);
  return image;
}

function drawRunning(view, context, room, height) {
  const running = runningAtOnce(view.shown, Math.max(1, Math.floor(room)));
  const most = running.reduce((one, other) => Math.max(one, other), 1);
  context.fillStyle = styleColor("--area");
  running.forEach((count, x) => {
    const high = (height * count) / most;
    context.fillRect(view.gutter + x, height - high, 1, high);
  });
}

// The mean number of requests, tools and the like that run in each of so many equal parts of the session.
function runningAtOnce({ start, end, n, wall, kind, outer, laneHeldBy }, parts) {
  const running = new Float64Array(parts);
  const steps = new Float64Array(parts + 1);
  const wait = REPORT.kinds.indexOf("user wait"); // a person, not work
  for (let i = 0; i < n; i++) {
    if (kind[i] === wait || outer[i] !== i || laneHeldBy.has(i)) continue; // nor what is in others, nor what waits for agents
    const [from, to] = [(start[i] / wall) * parts, Math.min(parts, (end[i] / wall) * parts)];
    const [first, last] = [Math.min(parts - 1, Math.floor(from)), Math.min(parts - 1, Math.floor(to))];
    if (first === last) running[first] += to - from;
    else {
      running[first] += first + 1 - from;
      running[last] += to - last;
      steps[first + 1] += 1;
      steps[last] -= 1;
    }
  }
  let whole = 0;
  return running.map((share, at) => share + (whole += steps[at]));
}

function drawStrip(view, context, room, height) {
  const { path, wall } = view.shown;
  let drawn = -1; // of the stretches within one point the first is seen
  for (let i = 0; i < path.n; i++) {
    const x0 = Math.max(drawn, (path.start[i] / wall) * room);
    const x1 = (path.end[i] / wall) * room;
    if (x1 - x0 < 0.5 && x0 === drawn) continue;
    context.fillStyle = PHASES[path.phase[i]].color;
    drawn = Math.max(x1, x0 + 0.5);
    context.fillRect(view.gutter + x0, height - STRIP, drawn - x0, STRIP);
  }
}

function sized(canvas, width, height, ratio) {
  if (!width || !height) return null;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return context;
}
