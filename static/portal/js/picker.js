/* Long lists of boxes: a search field, counts of what is ticked, and how many States a choice covers.
   Without this file the lists are complete and work; nothing here is needed to send the form. */
(function () {
  "use strict";

  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLocaleLowerCase();
  }

  function countTicked(branch, words) {
    const ticked = branch.querySelectorAll("input:checked").length;
    const place = branch.querySelector(":scope > summary [data-picker-count]");
    place.textContent = ticked ? words.replace("%(n)s", String(ticked)) : "";
  }

  function showOnly(picker, wanted) {
    let shown = 0;
    const items = Array.from(picker.querySelectorAll("[data-picker-item]")).reverse();
    for (const item of items) {
      const branch = item.querySelector(":scope > details");
      const label = item.querySelector(branch ? ":scope > details > summary" : "label");
      const ownHit = wanted === "" || (label !== null && plain(label.textContent).includes(wanted));
      const insideHit = branch !== null && branch.querySelector("[data-picker-item]:not([hidden])") !== null;
      item.hidden = !(ownHit || insideHit);
      if (branch !== null) {
        if (ownHit && wanted !== "" && !insideHit) {
          branch.querySelectorAll("[data-picker-item]").forEach((inner) => { inner.hidden = false; });
        }
        branch.open = wanted === "" ? branch.querySelector("input:checked") !== null : insideHit;
      }
      if (!item.hidden && branch === null) {
        shown += 1;
      }
    }
    const none = picker.querySelector("[data-picker-none]");
    none.textContent = shown === 0 && picker.querySelector("[data-picker-item]:not([hidden])") === null ? none.dataset.text : "";
  }

  function preparePicker(picker) {
    const filter = picker.querySelector("[data-picker-filter]");
    if (filter !== null) {
      const input = filter.querySelector("input");
      filter.hidden = false;
      input.addEventListener("input", () => showOnly(picker, plain(input.value.trim())));
      // Enter in the search field must not send the form.
      input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); } });
    }
    picker.addEventListener("change", () => {
      picker.querySelectorAll("details").forEach((branch) => countTicked(branch, picker.dataset.selected));
    });
  }

  function prepareCoverage(coverage) {
    const selected = coverage.querySelector("[data-coverage-selected]");
    const line = coverage.querySelector("[data-coverage-line]");
    const scopes = Array.from(coverage.querySelectorAll("input[type=radio], input[type=checkbox]"))
      .filter((input) => !selected.contains(input));

    function isGlobal() {
      return scopes.some((input) => input.checked && ["True", "true", "1", "on", "global"].includes(input.value));
    }

    function update() {
      selected.hidden = isGlobal();
      if (isGlobal()) {
        line.textContent = "";
        return;
      }
      const states = new Set();
      for (const input of selected.querySelectorAll("input:checked")) {
        (input.dataset.members || "").split(" ").filter(Boolean).forEach((code) => states.add(code));
      }
      line.textContent = states.size
        ? coverage.dataset.covered.replace("%(n)s", String(states.size))
        : coverage.dataset.nothing;
    }

    coverage.addEventListener("change", update);
    selected.hidden = isGlobal();
  }

  function closeMenus(event) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      const isEscape = event.type === "keydown" && event.key === "Escape";
      if (isEscape || (event.type === "click" && !menu.contains(event.target))) {
        menu.open = false;
        if (isEscape) {
          menu.querySelector("summary").focus();
        }
      }
    }
  }

  function prepare(root) {
    root.querySelectorAll("[data-picker]").forEach(preparePicker);
    root.querySelectorAll("[data-coverage]").forEach(prepareCoverage);
  }

  document.addEventListener("click", closeMenus);
  document.addEventListener("keydown", closeMenus);
  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) { prepare(event.target); } });
  prepare(document);
}());
