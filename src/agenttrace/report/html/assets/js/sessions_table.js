// All sessions, to be sorted and filtered; a row whose session is embedded opens it.

const FIRST_ROWS = 15;
const MORE_ROWS = 100;
const MOST_OF_ID = 300;
const ONE_LINE = 26; // as in sections.py

function startSessionsTable() {
  const root = byId("sessions-table");
  if (!root) return;
  const table = {
    rows: readJson("sessions-data"),
    body: root.querySelector("tbody"),
    note: root.querySelector(".note"),
    order: [2, -1],
    shown: FIRST_ROWS,
    wanted: "",
  };
  root.querySelectorAll("thead th")[table.order[0]].setAttribute("aria-sort", "descending");
  root.querySelectorAll("thead th").forEach((heading, column) => makeSortable(table, heading, column));
  const filter = byId("sessions-filter");
  filter.addEventListener("input", debounced(() => {
    Object.assign(table, { wanted: filter.value.trim().toLowerCase(), shown: FIRST_ROWS });
    fillSessions(table);
  }, 120));
  byId("sessions-more").addEventListener("click", () => {
    table.shown += MORE_ROWS;
    fillSessions(table);
  });
  root.querySelector(".tools").hidden = false;
  fillSessions(table);
}

function makeSortable(table, heading, column) {
  const button = element("button", { class: "plain", type: "button" }, heading.textContent);
  heading.replaceChildren(button);
  button.addEventListener("click", () => {
    const [sorted, direction] = table.order;
    table.order = [column, sorted === column ? -direction : column ? -1 : 1];
    heading.parentElement.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", table.order[1] > 0 ? "ascending" : "descending");
    fillSessions(table);
  });
}

// A session is [id, wall_ns, active_ns, requests, subagents, tool calls, at once, whether embedded, phases' shares].
const SHARES = 8;

function fillSessions(table) {
  const found = table.wanted ? table.rows.filter((row) => meets(row, table.wanted)) : table.rows.slice();
  const [column, direction] = table.order;
  const order = (one, other) => (typeof one === "string" ? (one < other ? -1 : one > other ? 1 : 0) : one - other);
  const value = (row) => (column === SHARES - 1 ? largestPhase(row) : row[column]);
  found.sort((one, other) => direction * order(value(one), value(other)) || order(one[0], other[0]));
  table.body.replaceChildren(...found.slice(0, table.shown).map(sessionRow));
  const shown = Math.min(table.shown, found.length);
  byId("sessions-more").hidden = shown === found.length;
  const embedded = table.rows.filter((row) => row[7]).length;
  table.note.textContent = `${formatCount(shown)} of ${plural(found.length, "session")}`
    + (found.length < table.rows.length ? ` that match, of ${formatCount(table.rows.length)}` : "")
    + `; ${formatCount(embedded)} can be opened, the others are only summed up here`;
}

// What is typed stands in the id, or names the phase that most time went to.
function meets(row, wanted) {
  return row[0].toLowerCase().includes(wanted) || PHASES[largestPhase(row)].name.startsWith(wanted);
}

function largestPhase(row) {
  const shares = row[SHARES];
  return shares.indexOf(Math.max(...shares));
}

function sessionRow(row) {
  const [id, wall, active, requests, subagents, tools, parallel, embedded, shares] = row;
  const told = id.length > MOST_OF_ID ? `${id.slice(0, MOST_OF_ID - 1)}…` : id;
  const name = embedded ? element("a", { href: `#s=${encodeURIComponent(id)}` }, told) : told;
  const cells = [formatDuration(wall), formatDuration(active), ...[requests, subagents, tools, parallel].map(formatCount)];
  return element("tr", {}, element("th", { scope: "row", class: id.length > ONE_LINE ? "quoted long" : "quoted" }, name), ...cells.map((cell) => element("td", { class: "number" }, cell)),
    element("td", { class: "shares" }, shareBar(shares)));
}

function shareBar(shares) {
  const told = shares.map((share, phase) => [share, PHASES[phase].name]).filter(([share]) => share > 0);
  const words = told.slice().sort((one, other) => other[0] - one[0]).slice(0, 3).map(([share, name]) => `${name} ${formatShare(share, 1000)}`).join(", ");
  const bar = element("span", { class: "stack", role: "img", "aria-label": words, title: words });
  for (const [share, name] of told) {
    const part = element("span", { class: `p-${name}` });
    part.style.width = `${share / 10}%`;
    bar.append(part);
  }
  return bar;
}
