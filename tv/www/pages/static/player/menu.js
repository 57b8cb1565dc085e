// A panel of choices that a button of the bar opens: radio buttons, so that arrows, speech and
// screen readers work as they do in any form.

export class Menu {
  constructor(button, panel) {
    this.button = button;
    this.panel = panel;
    button.addEventListener("click", () => (this.open ? this.close() : this.show()));
    document.addEventListener("pointerdown", ({ target }) => {
      if (!panel.contains(target) && !button.contains(target)) this.close({ back: false });
    });
  }

  get open() {
    return !this.panel.hidden;
  }

  show() {
    this.panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    (this.panel.querySelector(":checked") ?? this.panel.querySelector("input"))?.focus();
  }

  /** `back`: the keyboard goes on at the button. */
  close({ back = true } = {}) {
    if (!this.open) return false;
    const inside = this.panel.contains(document.activeElement);
    this.panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (back && inside) this.button.focus();
    return true;
  }
}

/** Fill `group` with radio buttons for `[{ value, label }]`. */
export function choices(group, options, chosen, choose) {
  const rows = options.map(({ value, label, language }) => {
    const row = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: group.id, value, checked: value === chosen });
    input.addEventListener("change", () => choose(value));
    const words = document.createElement("span");
    if (language) words.lang = language;
    words.textContent = label;
    row.append(input, words);
    return row;
  });
  const legend = group.querySelector("legend");
  const had = group.contains(document.activeElement);
  group.replaceChildren(legend, ...rows);
  if (had) group.querySelector(":checked")?.focus();
}
