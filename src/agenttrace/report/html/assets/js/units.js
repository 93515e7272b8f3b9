// Numbers as people read them, in the same words as units.py.

function formatDuration(ns) {
  if (ns === null || ns === undefined) return "–";
  const sign = ns < 0 ? "-" : "";
  const seconds = Math.abs(ns) / 1e9;
  const two = (number) => String(number).padStart(2, "0");
  if (seconds >= 3600) {
    const minutes = Math.round(seconds / 60);
    return `${sign}${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  }
  if (seconds >= 60) {
    const whole = Math.round(seconds);
    return `${sign}${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  }
  if (seconds === 0) return "0 s";
  for (const [unit, size] of [["s", 1], ["ms", 1e-3], ["µs", 1e-6]]) {
    if (seconds >= size) {
      const value = seconds / size;
      return `${sign}${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
    }
  }
  return `${sign}${Math.round(seconds * 1e9)} ns`;
}

// An instant of the session: as long as it takes to tell it from one that is `step` later.
function formatInstant(ns, step) {
  const seconds = Math.floor(ns / 1e9);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const places = step >= 1e9 ? 0 : Math.min(9, Math.ceil(-Math.log10(step / 1e9)));
  const rest = ((ns / 1e9) % 60).toFixed(places).padStart(places ? places + 3 : 2, "0");
  if (hours) return `${hours}:${String(minutes).padStart(2, "0")}:${rest}`;
  return `${minutes}:${rest}`;
}

function formatTokens(tokens) {
  if (tokens === null || tokens === undefined) return "–";
  for (const [unit, size] of [["M", 1e6], ["K", 1e3]]) {
    if (tokens >= size) {
      const value = tokens / size;
      return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)}${unit}`;
    }
  }
  return String(tokens);
}

function formatShare(part, whole) {
  if (!whole) return "–";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  return `${percent > 0 && percent < 1 ? percent.toFixed(1) : Math.round(percent)} %`;
}

function formatCount(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
