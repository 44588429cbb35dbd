// A sheet over one till: a question, a form, a list. The rest of that till stands still meanwhile.
import { attend, h, icon, touched } from "./dom.js";

export class Sheets {
  constructor(root, behind, words) {
    this._root = root; // where sheets lie
    this._behind = behind; // what they cover
    this._words = words;
    this._close = null;
  }

  get open() {
    return this._close !== null;
  }

  // Show a sheet; the one before it goes. `content(close)` returns what is on it, `close(result)` ends it.
  // Resolves to the result; null where it was left by Escape, the cross, or another sheet.
  show(title, content, { wide = false, closable = true } = {}) {
    this._close?.(null);
    return new Promise((resolve) => {
      const close = (result = null) => {
        if (this._close !== close) return;
        this._close = null;
        this._root.replaceChildren();
        this._behind.inert = false;
        resolve(result);
        if (!this.open) attend(this._behind.querySelector(".tl-scan"));
      };
      this._close = close;
      const cross = h(
        "button",
        { type: "button", class: "tl-icon", "aria-label": this._words.close, onclick: () => close() },
        icon("close"),
      );
      const head = h("header", {}, h("h2", {}, title), closable ? cross : null);
      const sheet = h(
        "section",
        {
          class: `tl-sheet${wide ? " tl-wide" : ""}`,
          role: "dialog",
          "aria-modal": "true",
          "aria-label": title,
          onkeydown: (event) => {
            if (event.key === "Escape" && closable) close();
          },
        },
        head,
        h("div", { class: "tl-sheet-body" }, content(close)),
      );
      this._behind.inert = true;
      this._root.replaceChildren(sheet);
      (sheet.querySelector("[autofocus]") || sheet.querySelector(".tl-sheet-body button, input") || cross).focus();
    });
  }

  // Ask yes or no.
  confirm(title, text, yes) {
    return this.show(title, (close) => [
      h("p", { class: "tl-said" }, text),
      h(
        "div",
        { class: "tl-row" },
        h("button", { type: "button", class: "tl-key", onclick: () => close(false) }, this._words.no),
        h("button", { type: "button", class: "tl-key tl-main", autofocus: true, onclick: () => close(true) }, yes),
      ),
    ]).then(Boolean);
  }

  // Ask for a number. `read(text)` returns what it means, or null where it means nothing. Resolves to that, or null.
  number(title, { label, value = "", read, said }) {
    return this.show(title, (close) => {
      const input = h("input", {
        class: "tl-input tl-figure",
        inputmode: "decimal",
        autocomplete: "off",
        autofocus: true,
        "aria-label": label,
        value,
        onfocus: () => input.select(),
      });
      const wrong = h("p", { class: "tl-wrong", role: "alert" });
      const submit = (event) => {
        event.preventDefault();
        const meant = read(input.value);
        if (meant === null) {
          wrong.textContent = said;
          input.select();
        } else close(meant);
      };
      return h(
        "form",
        { onsubmit: submit },
        h("label", { class: "tl-label" }, label, input),
        wrong,
        pad(input),
        h("button", { class: "tl-key tl-main" }, "OK"),
      );
    });
  }
}

// Keys for a finger.
export function pad(input) {
  if (touched) input.inputMode = "none"; // These are the keys then.
  const press = (key) => {
    if (key === "⌫") input.value = input.value.slice(0, -1);
    else if (input.selectionStart === 0 && input.selectionEnd === input.value.length) input.value = key;
    else input.value += key;
    input.dispatchEvent(new Event("input"));
    input.setSelectionRange?.(input.value.length, input.value.length);
  };
  const keys = ["7", "8", "9", "4", "5", "6", "1", "2", "3", ",", "0", "⌫"];
  return h(
    "div",
    { class: "tl-pad" },
    keys.map((key) => h("button", { type: "button", tabindex: "-1", onclick: () => press(key) }, key)),
  );
}
