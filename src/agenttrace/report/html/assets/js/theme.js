// Light or dark: as the system has it, until somebody chooses.

function startTheme(onChange) {
  const button = byId("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const told = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    onChange();
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    told();
  });
  system.addEventListener("change", told);
  button.textContent = isDark() ? "Light" : "Dark";
  button.hidden = byId("copy-link").hidden = false;
}

// On paper everything is open and light.
function startPrinting(view) {
  const opened = [];
  let theme;
  const redraw = () => {
    if (view) Object.assign(view, { looks: phaseLooks() });
    view?.drawNow();
    drawCharts();
  };
  addEventListener("beforeprint", () => {
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    for (const details of document.querySelectorAll("main details:not([open])")) {
      details.open = true;
      opened.push(details);
    }
    redraw();
  });
  addEventListener("afterprint", () => {
    for (const details of opened.splice(0)) details.open = false;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    redraw();
  });
}
