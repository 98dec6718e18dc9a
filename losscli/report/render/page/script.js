"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const read = (row, i) => row.cells[i].textContent.trim();
  const number = (words) => {
    const found = /^\[?(-?[\d,]*\.?\d+(?:e[-+]?\d+)?|-?inf)/.exec(words);
    return found ? Number(found[1].replace(/,/g, "").replace("inf", "Infinity")) : NaN;
  };
  const compare = (a, b, words) => words ? a.localeCompare(b, undefined, { numeric: true }) : number(a) - number(b);
  const sort = (table, i) => {
    const body = table.tBodies[0];
    const heads = table.tHead.rows[0].cells;
    const rows = Array.from(body.rows);
    const filled = rows.filter((row) => !["", "–", "nan"].includes(read(row, i)));
    const words = filled.some((row) => Number.isNaN(number(read(row, i))));
    const order = heads[i].getAttribute("aria-sort") || (words ? "descending" : "ascending");
    const down = order === "ascending";
    filled.sort((a, b) => (compare(read(a, i), read(b, i), words) || 0) * (down ? -1 : 1));
    body.append(...filled, ...rows.filter((row) => !filled.includes(row)));
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[i].setAttribute("aria-sort", down ? "descending" : "ascending");
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    Array.from(table.tHead.rows[0].cells).forEach((head, i) => {
      if (table.tBodies[0].rows[0].cells[i].querySelector("[role=img]")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, i));
    });
  }
});
