"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.querySelector("table");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const search = document.getElementById("search");
  const chips = Array.from(document.querySelectorAll(".chip[data-look]"));
  const found = document.getElementById("found");
  const dialog = document.querySelector("dialog");
  const collator = new Intl.Collator("en", { numeric: true });

  const element = (name, text, kind) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  // Prose with `code` in backticks, as messages write it.
  const prose = (name, text) => {
    const made = element(name);
    text.split("`").forEach((piece, number) => {
      made.append(number % 2 ? element("code", piece) : piece);
    });
    return made;
  };

  // Filtering: words in any order, and one of the looks that are pressed.
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const looks = chips.filter((c) => c.getAttribute("aria-pressed") === "true")
      .map((c) => c.dataset.look);
    let shown = 0;
    for (const row of rows) {
      const name = row.dataset.name;
      const fits = words.every((word) => name.includes(word)) &&
        (looks.length === 0 || looks.some((look) => row.dataset.looks.split(" ").includes(look)));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    found.textContent = shown === rows.length
      ? `${rows.length} packages` : `${shown} of ${rows.length} packages`;
  };
  search.addEventListener("input", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }

  // Sorting: names by name, targets by how bad and how high; the second click turns it round.
  const heads = Array.from(table.tHead.rows[0].cells);
  const key = (row, column) =>
    column === 0 ? row.dataset.name : row.cells[column].dataset.sort;
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const first = column === 0 ? "ascending" : "descending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = before === first ? other : first;
      heads.forEach((one) => one.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const sorted = rows.slice().sort((a, b) =>
        sign * collator.compare(key(a, column), key(b, column)) ||
        collator.compare(a.dataset.name, b.dataset.name));
      body.append(...sorted);
    });
  });

  // Details: what each Python gets, and why.
  const list = (items) => {
    const made = element("ul");
    for (const item of items) made.append(prose("li", item));
    return made;
  };
  const show = (button) => {
    const [r, t] = button.dataset.at.split("-").map(Number);
    const row = data.rows[r];
    const target = data.targets[t];
    const square = row.squares[t];
    dialog.querySelector("h2").textContent = `${row.package} ${row.version || ""}`;
    dialog.querySelector("header p").textContent =
      `on ${target.name}: ${target.words}`;
    const inside = dialog.querySelector(".body");
    inside.replaceChildren();
    if (square.note) {
      const part = element("section");
      part.append(prose("p", square.note));
      inside.append(part);
    }
    for (const group of square.groups) {
      const part = element("section");
      part.append(element("h3", `Python ${group.pythons}: ${group.words}`));
      if (group.reason) part.append(prose("p", group.reason));
      if (group.nearest) part.append(prose("p", `Nearest: \`${group.nearest}\``));
      if (group.file) {
        const line = element("p");
        line.append(element("code", group.file));
        part.append(line);
      }
      if (group.fixes.length) part.append(list(group.fixes));
      inside.append(part);
    }
    if (row.marker) {
      const part = element("section");
      const line = element("p", "Locked where ");
      line.append(element("code", row.marker));
      part.append(line);
      inside.append(part);
    }
    dialog.showModal();
  };
  body.addEventListener("click", (event) => {
    const button = event.target.closest(".cell");
    if (button) show(button);
  });
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  document.documentElement.classList.add("live");
  filter();
})();
