"use strict";
// Light or dark: as the system has it, until the switch `#theme` says otherwise.

function themes() {
  const root = document.documentElement;
  // A page opened from a file may have no storage.
  const stored = (action) => { try { return action(localStorage); } catch { return null; } };
  const kept = stored((storage) => storage.getItem("theme"));
  if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  document.getElementById("theme").addEventListener("click", () => {
    const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    stored((storage) => storage.setItem("theme", root.dataset.theme));
  });
}
