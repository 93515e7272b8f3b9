// Numbers as people read them, in the same words as units.py.

// What lies exactly between two goes to the even one, as Python rounds: the page and the terminal say the same.
function rounded(value, places) {
  const tie = (value * 2 ** (places + 1)) % 1 === 0 && (value * 10 ** places) % 1 === 0.5;
  return (tie ? (2 * Math.round((value * 10 ** places) / 2)) / 10 ** places : value).toFixed(places);
}

function formatDuration(ns) {
  if (ns === null || ns === undefined) return "–";
  const sign = ns < 0 ? "-" : "";
  const seconds = Math.abs(ns) / 1e9;
  const two = (number) => String(number).padStart(2, "0");
  if (seconds >= 3600) {
    const minutes = Number(rounded(seconds / 60, 0));
    return `${sign}${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  }
  if (seconds >= 60) {
    const whole = Number(rounded(seconds, 0));
    return `${sign}${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  }
  if (seconds === 0) return "0 s";
  for (const [unit, size] of [["s", 1], ["ms", 1e-3], ["µs", 1e-6]]) {
    if (seconds >= size) {
      const value = seconds / size;
      return `${sign}${rounded(value, value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
    }
  }
  return `${sign}${rounded(seconds * 1e9, 0)} ns`;
}

// An instant of the session: as long as it takes to tell it from one that is `step` later.
function formatInstant(ns, step) {
  const places = step >= 1e9 ? 0 : Math.min(9, Math.ceil(-Math.log10(step / 1e9)));
  const ticks = Math.round(ns / 10 ** (9 - places)); // rounded first: 59.9996 s are a minute, not 60.000 s of none
  const seconds = Math.floor(ticks / 10 ** places);
  const two = (number) => String(number).padStart(2, "0");
  const parts = places ? `.${String(ticks % 10 ** places).padStart(places, "0")}` : "";
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = `${two(seconds % 60)}${parts}`;
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

function formatTokens(tokens) {
  if (tokens === null || tokens === undefined) return "–";
  for (const [unit, size] of [["M", 1e6], ["K", 1e3]]) {
    if (tokens >= size) {
      const value = tokens / size;
      return `${rounded(value, value < 10 ? 2 : value < 100 ? 1 : 0)}${unit}`;
    }
  }
  return String(tokens);
}

function formatShare(part, whole) {
  if (!whole) return "–";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  return `${rounded(percent, percent > 0 && percent < 1 ? 1 : 0)} %`;
}

function formatCount(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
