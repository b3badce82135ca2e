// Keys for people who sit here all day: / finds, j and k walk the rows, Enter opens, x opens every frame.
(function () {
  "use strict";

  function rows() { return Array.from(document.querySelectorAll("[data-row]")); }

  function walk(step) {
    const all = rows();
    if (!all.length) { return; }
    const here = all.findIndex(function (row) { return row.contains(document.activeElement); });
    const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
    (next.querySelector("a, summary") || next).focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function toggleFrames() {
    const all = Array.from(document.querySelectorAll("[data-frame]"));
    const open = all.some(function (frame) { return !frame.open; });
    all.forEach(function (frame) { frame.open = open; });
  }

  const keys = {
    "/": function () { const find = document.querySelector("[data-find]"); if (find) { find.focus(); find.select(); } },
    j: function () { walk(1); },
    k: function () { walk(-1); },
    x: toggleFrames
  };

  document.addEventListener("keydown", function (event) {
    const typing = event.target.closest("input, textarea, select");
    if (event.key === "Escape" && typing) { typing.blur(); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) { return; }
    event.preventDefault();
    keys[event.key]();
  });
}());
