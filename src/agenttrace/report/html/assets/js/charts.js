// The charts that Plotly draws, each beside its table. Nothing in them comes from a trace but numbers.

function drawCharts(root = document) {
  if (typeof Plotly === "undefined") return;
  const charts = readJson("charts-data") ?? {};
  for (const figure of root.querySelectorAll("figure[data-chart]")) {
    const chart = charts[figure.dataset.chart];
    const room = figure.querySelector(".plot");
    if (!chart || !figure.offsetParent) continue; // hidden as long as its session is closed
    room.hidden = false;
    Plotly.react(room, chart.traces.map(themedTrace), themedLayout(chart.layout, room), { displayModeBar: false, responsive: false });
  }
}

// Colours are named as the style names them, or by phase.
function themedTrace(trace) {
  const color = trace.phase !== undefined ? PHASES[trace.phase].color : styleColor(trace.color ?? "--accent");
  const themed = { hoverlabel: { namelength: -1 }, ...trace };
  if (trace.type === "bar") themed.marker = { color, pattern: trace.pattern ? { shape: trace.pattern, fillmode: "overlay", size: 6, solidity: 0.25, fgcolor: "rgba(0,0,0,.35)" } : undefined, line: { width: 0 } };
  else Object.assign(themed, { line: { color, width: 2, ...trace.line }, fillcolor: trace.fill ? `${color}40` : undefined, marker: { color, size: 9, ...trace.marker } });
  return themed;
}

function themedLayout(layout, room) {
  const axis = { gridcolor: styleColor("--line"), zerolinecolor: styleColor("--line"), linecolor: styleColor("--line"), automargin: true, fixedrange: false };
  return {
    height: 260,
    margin: { l: 8, r: 8, t: 8, b: 8 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: styleColor("--ink"), family: "system-ui, sans-serif", size: 12 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: styleColor("--raised"), bordercolor: styleColor("--line"), font: { color: styleColor("--ink") } },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    ...layout,
    width: room.clientWidth,
    xaxis: { ...axis, ...layout.xaxis },
    yaxis: { ...axis, rangemode: "tozero", ...layout.yaxis },
  };
}
