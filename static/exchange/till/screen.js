// The screen of one till: what may be sold on the left, the receipt on the right, sheets over both.
import { parse, QUANTITY } from "./decimal.js";
import { attend, h, icon, paint } from "./dom.js";
import { Office } from "./office.js";
import { Panel } from "./panel.js";
import { Payment } from "./payment.js";
import { Sheets } from "./sheet.js";

const TILES = 60;
const FRAME = 16; // ms

export class Screen {
  constructor(root, till) {
    this._till = till;
    this._group = null;
    this._build(root);
    this._sheets = new Sheets(this._over, this._behind, till.words);
    this._payment = new Payment(till, this._sheets);
    this._office = new Office(till, this._sheets);
    this._panel = new Panel(till, {
      askQuantity: (line, value) => this._askQuantity(line, value),
      askCard: () => this._payment.askCard(),
      pay: () => this._payment.open(),
      cancel: () => this._cancel(),
    });
    till.cashier.confirm = (said) =>
      this._sheets.confirm(till.text("too_little"), `${said} ${till.text("sell_anyway")}`, till.text("sell"));
    till.cashier.weigh = (good) => this._askQuantity(good, "");
    till.onchange = () => this._later();
    this.show();
  }

  _build(root) {
    const text = (name) => this._till.text(name);
    this._head = h("header", { class: "tl-head" });
    this._scan = h("input", {
      class: "tl-input tl-scan",
      type: "search",
      placeholder: text("scan"),
      "aria-label": text("scan"),
      autocomplete: "off",
      spellcheck: "false",
      enterkeyhint: "done",
      oninput: () => this._showGoods(),
    });
    const form = h("form", { class: "tl-scanning", onsubmit: (event) => this._submit(event) }, icon("barcode_scanner"), this._scan);
    this._groups = h("div", { class: "tl-groups", role: "group", "aria-label": text("groups") });
    this._tiles = h("div", { class: "tl-tiles" });
    this._notice = h("div", { class: "tl-notice", role: "alert", hidden: true });
    this._receipt = h("section", { class: "tl-receipt", "aria-label": text("receipt") });
    const goods = h("section", { class: "tl-goods", "aria-label": text("goods") }, form, this._groups, this._tiles);
    this._work = h("div", { class: "tl-work" }, goods, this._receipt);
    this._gate = h("section", { class: "tl-gate", hidden: true });
    this._behind = h("div", { class: "tl-behind" }, this._head, this._notice, this._gate, this._work);
    this._over = h("div", { class: "tl-over" });
    root.replaceChildren(this._behind, this._over);
    root.addEventListener("keydown", (event) => this._key(event));
  }

  // Many changes in one moment are shown once.
  _later() {
    if (this._due) return;
    this._due = true;
    setTimeout(() => {
      this._due = false;
      this.show();
    }, FRAME);
  }

  show() {
    const till = this._till;
    const open = till.paired && !till.taken;
    this._behind.classList.toggle("tl-busy", till.cashier.busy > 0);
    this._work.hidden = !open;
    this._gate.hidden = open;
    paint(this._head, ...this._headContent(open));
    this._showNotice();
    if (!open) {
      paint(this._gate, ...this._office.gate());
      return;
    }
    this._showGroups();
    this._showGoods();
    this._showReceipt();
  }

  // A new line is scrolled to; otherwise the list stays where it was.
  _showReceipt() {
    const lines = () => this._receipt.querySelector(".tl-lines");
    const [top, count] = [lines()?.scrollTop ?? 0, lines()?.children.length ?? 0];
    paint(this._receipt, ...this._panel.content());
    const list = lines();
    if (list) list.scrollTop = list.children.length > count ? list.scrollHeight : top;
  }

  _headContent(open) {
    const till = this._till;
    const { state } = till.memory;
    const shift = state.shift === null ? till.text("no_shift") : till.text("shift", { number: state.shift });
    const title = h("div", { class: "tl-title" }, h("h1", {}, till.about.name), h("p", {}, `${till.about.shop} · ${shift}`));
    if (!open) return [title];
    const [kind, said] = till.offline ? ["off", "offline"] : till.lost ? ["lost", "lost"] : ["on", "online"];
    const waiting = till.queue ? ` · ${till.text("queue", { count: till.queue })}` : "";
    const line = h("button", {
      type: "button",
      class: `tl-line tl-${kind}`,
      role: "switch",
      "data-key": "line",
      "aria-checked": String(!till.offline),
      title: till.text(till.offline ? "go_online" : "go_offline"),
      onclick: () => till.switchOffline(!till.offline),
    });
    line.append(h("span", { class: "tl-switch", "aria-hidden": "true" }), till.text(said) + waiting);
    const menu = h(
      "button",
      { type: "button", class: "tl-icon", "data-key": "menu", "aria-label": till.text("menu"), onclick: () => this._office.menu() },
      icon("menu"),
    );
    return [title, line, menu];
  }

  _showNotice() {
    const { notice } = this._till;
    this._notice.hidden = !notice;
    this._notice.className = `tl-notice tl-${notice?.kind || "none"}`;
    if (notice && this._notice.textContent !== notice.text) this._notice.textContent = notice.text;
  }

  _showGroups() {
    const groups = [{ id: null, name: this._till.text("all_goods") }, ...this._till.goods.groups];
    const chip = (group) =>
      h(
        "button",
        {
          type: "button",
          "data-key": `group-${group.id}`,
          "aria-pressed": String(this._group === group.id),
          onclick: () => {
            this._group = group.id;
            this.show();
          },
        },
        group.name,
      );
    paint(this._groups, ...groups.map(chip));
  }

  _showGoods() {
    const till = this._till;
    const { value } = this._scan;
    const sought = value.includes("*") ? value.split("*").sort((one, other) => other.length - one.length)[0] : value;
    let found = till.goods.search(sought, this._group, TILES);
    if (!found.length && sought) {
      const scanned = till.goods.find(sought.trim(), till.settings.weighed_prefixes || []);
      if (scanned) found = [scanned.good];
    }
    if (!found.length) {
      const said = till.goods.count ? "nothing_found" : till.offline ? "no_goods" : "loading";
      paint(this._tiles, h("p", { class: "tl-empty" }, till.text(said)));
      return;
    }
    paint(this._tiles, ...found.map((good) => this._tile(good)));
  }

  _tile(good) {
    const till = this._till;
    const left = till.left(good.sku);
    const moved = till.moved.get(good.sku);
    const classes = ["tl-tile"];
    if (left !== null && left <= 0n) classes.push("tl-none");
    if (moved !== undefined) classes.push(left < moved ? "tl-fell" : "tl-rose");
    const price = good.price ? till.shownMoney(good.price) : "–";
    return h(
      "button",
      { type: "button", class: classes.join(" "), "data-key": `good-${good.sku}`, "data-sku": good.sku, onclick: () => this._add(good) },
      h("span", { class: "tl-name" }, good.characteristic ? `${good.name}, ${good.characteristic}` : good.name),
      h(
        "span",
        { class: "tl-facts" },
        h("strong", {}, price),
        left === null ? null : h("span", { class: "tl-left" }, `${till.shownQuantity(left)} ${good.unit}`),
      ),
    );
  }

  _askQuantity(good, value) {
    const till = this._till;
    return this._sheets.number(good.name, {
      label: `${till.text("quantity")}, ${good.unit}`,
      value,
      said: till.text("bad_quantity"),
      read: (text) => {
        const count = parse(text, QUANTITY);
        return count !== null && count >= 0n ? count : null;
      },
    });
  }

  async _add(good) {
    await this._till.cashier.add(good);
    attend(this._scan);
    if (document.activeElement === this._scan) this._scan.select(); // What is scanned next replaces what was looked for.
  }

  async _submit(event) {
    event.preventDefault();
    const text = this._scan.value.trim();
    if (!text) return;
    this._scan.value = ""; // A scanner types the next code at once.
    const used = await this._till.cashier.scan(text);
    if (used === false && !this._scan.value) {
      this._scan.value = text; // It names several goods: they are shown to choose from.
      this._scan.select();
    }
    this._showGoods();
  }

  async _cancel() {
    const till = this._till;
    if (await this._sheets.confirm(till.text("cancel"), till.text("cancel_sure"), till.text("cancel"))) till.closing.cancel();
  }

  // A scanner types wherever the focus is; F-keys are those of a till's keyboard.
  _key(event) {
    if (this._sheets.open || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "F9" && this._till.memory.state.counter?.lines.length) {
      event.preventDefault();
      this._payment.open();
    } else if (event.key === "F2") {
      event.preventDefault();
      this._scan.focus();
    } else if (event.key.length === 1 && event.key !== " " && event.target.tagName !== "INPUT") {
      this._scan.focus();
    }
  }
}
