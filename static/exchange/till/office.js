// What is not selling: joining, latest receipts and returns, money in the drawer, the X view and the end of a shift.
import { h, icon } from "./dom.js";
import { money, parse, typed, write, MONEY, QUANTITY } from "./decimal.js";
import { counters, receipts } from "./journal.js";
import { returnable } from "./receipt.js";

const SHOWN = 50;
const STATES = { accepted: "check_circle", duplicate: "check_circle", error_desk: "error", conflict: "error" };

export class Office {
  constructor(till, sheets) {
    this._till = till;
    this._sheets = sheets;
  }

  // What stands instead of a till that cannot work: it is not paired, or works in another window.
  gate() {
    const till = this._till;
    const { shop, warehouse } = till.about;
    if (till.taken) return [h("div", { class: "tl-card-big" }, icon("tab"), h("p", {}, till.text("taken")))];
    const queue = till.queue ? h("p", { class: "tl-wrong" }, till.text("keeps_queue", { count: till.queue })) : null;
    const join = async (event) => {
      event.target.disabled = true;
      await till.cashier.run(() => till.pair());
      event.target.disabled = false;
    };
    return [
      h(
        "div",
        { class: "tl-card-big" },
        icon("point_of_sale"),
        h("h2", {}, till.about.name),
        h("p", {}, `${shop} · ${warehouse}`),
        h("p", {}, till.refused || till.text(till.about.paired ? "join_again" : "join_first")),
        queue,
        h("button", { type: "button", class: "tl-key tl-main", "data-key": "join", onclick: join }, till.text("join")),
      ),
    ];
  }

  menu() {
    const till = this._till;
    const entry = (picture, name, act) => h("button", { type: "button", class: "tl-entry", onclick: act }, icon(picture), till.text(name));
    return this._sheets.show(till.about.name, () => [
      h("p", { class: "tl-said" }, `${till.about.shop} · ${till.about.warehouse}`),
      entry("receipt_long", "latest", () => this.latest()),
      entry("summarize", "x_report", () => this.shift(false)),
      entry("bedtime", "close_shift", () => this.shift(true)),
      entry("add_card", "cash_in", () => this._cash("cash_in")),
      entry("remove_circle", "cash_out", () => this._cash("cash_out")),
      entry("link_off", "forget", () => this._forget()),
      h("a", { class: "tl-entry", href: till.about.back }, icon("arrow_back"), till.text("back")),
    ]);
  }

  latest() {
    const till = this._till;
    const found = receipts(till.memory.state).slice(0, SHOWN);
    const row = (entry) => {
      const minus = entry.kind === "return" ? "−" : "";
      const said = entry.status ? (entry.problem ?? till.text(`status_${entry.status}`)) : till.text("status_waiting");
      return h(
        "button",
        { type: "button", class: `tl-entry tl-was-${entry.kind}`, onclick: () => this._slip(entry) },
        h("span", { class: "tl-state", title: said }, icon(entry.status ? STATES[entry.status] : "schedule")),
        h("span", {}, `${till.text(`kind_${entry.kind}`)} № ${entry.receipt.number}`, h("small", {}, `${this._time(entry.at)} · ${said}`)),
        h("strong", {}, minus + till.shownMoney(entry.receipt.total)),
      );
    };
    this._sheets.show(till.text("latest"), () => (found.length ? found.map(row) : h("p", { class: "tl-said" }, till.text("no_receipts"))));
  }

  _time(at) {
    return new Intl.DateTimeFormat(this._till.language, { dateStyle: "short", timeStyle: "short" }).format(new Date(at));
  }

  // A receipt as it would be printed.
  _slip(entry) {
    const till = this._till;
    const { receipt } = entry;
    const pair = (left, right, more = "") => h("div", { class: `tl-pair ${more}` }, h("span", {}, left), h("span", {}, right));
    const rows = receipt.lines.flatMap((line) => [
      h("div", {}, line.name),
      pair(`${till.shownQuantity(line.quantity)} × ${till.shownMoney(line.price)}`, till.shownMoney(line.amount)),
      money(line.discount) ? pair(till.text("discount_line"), `−${till.shownMoney(line.discount)}`) : null,
    ]);
    const about = till.settings;
    const slip = h(
      "div",
      { class: "tl-slip" },
      h("div", { class: "tl-middle" }, about.organization?.name || ""),
      h("div", { class: "tl-middle" }, about.shop?.address || about.shop?.name || ""),
      h("hr"),
      pair(`${till.text(`kind_${entry.kind}`)} № ${receipt.number}`, this._time(entry.at)),
      h("hr"),
      rows.filter(Boolean),
      h("hr"),
      pair(till.text("total"), till.shownMoney(receipt.total), "tl-grand"),
      receipt.payments.map((one) => pair(till.text(`paid_${one.kind}`), till.shownMoney(one.amount))),
      receipt.card ? pair(till.text("card"), receipt.card) : null,
      h("div", { class: "tl-middle tl-small" }, till.text("not_fiscal")),
    );
    const rest = entry.kind === "sale" && returnable(till.memory.state.journal, entry).some((line) => line.rest > 0n);
    this._sheets.show(till.text("receipt_number", { number: receipt.number }), () =>
      [
        entry.problem ? h("p", { class: "tl-wrong" }, entry.problem) : null,
        slip,
        h(
          "div",
          { class: "tl-row" },
          h("button", { type: "button", class: "tl-key", onclick: () => this.latest() }, icon("arrow_back"), till.text("latest")),
          rest ? h("button", { type: "button", class: "tl-key tl-main", onclick: () => this._giveBack(entry) }, icon("undo"), till.text("return")) : null,
        ),
      ].filter(Boolean),
    );
  }

  async _giveBack(sale) {
    const till = this._till;
    const lines = returnable(till.memory.state.journal, sale).filter((line) => line.rest > 0n);
    const counts = await this._sheets.show(till.text("return_of", { number: sale.receipt.number }), (close) => {
      const inputs = lines.map((line) =>
        h("input", { class: "tl-input", inputmode: "decimal", "aria-label": `${till.text("quantity")}: ${line.name}`, value: typed(line.rest, QUANTITY, till.language) }),
      );
      const wrong = h("p", { class: "tl-wrong", role: "alert" });
      const submit = (event) => {
        event.preventDefault();
        const read = lines.map((line, place) => [line.line, parse(inputs[place].value || "0", QUANTITY)]);
        const bad = read.findIndex(([, count], place) => count === null || count < 0n || count > lines[place].rest);
        if (bad < 0) close(new Map(read));
        else {
          wrong.textContent = till.text("too_much_returned");
          inputs[bad].select();
        }
      };
      const row = (line, place) =>
        h("label", { class: "tl-back" }, h("span", {}, line.name, h("small", {}, till.text("up_to", { count: till.shownQuantity(line.rest) }))), inputs[place]);
      return h("form", { onsubmit: submit }, lines.map(row), wrong, h("button", { class: "tl-key tl-main" }, icon("undo"), till.text("return")));
    });
    if (!counts) return;
    const given = await till.closing.giveBack(sale, counts);
    if (given) this._returned(given);
  }

  _returned({ payments, receipt }) {
    const till = this._till;
    this._sheets.show(till.text("receipt_closed", { number: receipt.number }), (close) => [
      ...payments.map((one) => h("div", { class: "tl-due tl-given" }, till.text(`back_${one.kind}`), h("strong", {}, till.shownMoney(one.amount)))),
      h("button", { type: "button", class: "tl-key tl-main", autofocus: true, onclick: () => close() }, till.text("next")),
    ]);
  }

  // What the register has counted; `closing` ends the shift with it.
  async shift(closing) {
    const till = this._till;
    const { state } = till.memory;
    const counted = counters(state);
    const money = ["sales", "returns", "cash", "card", "cash_in_drawer"];
    const rows = ["receipts", "sales", "return_receipts", "returns", "cash", "card", "cash_in_drawer"].map((name) =>
      h("tr", {}, h("th", { scope: "row" }, till.text(`counter_${name}`)), h("td", {}, money.includes(name) ? till.shownMoney(counted[name]) : String(counted[name]))),
    );
    const none = state.shift === null;
    const title = none ? till.text("no_shift") : till.text(closing ? "closing_shift" : "x_of_shift", { number: state.shift });
    const sure = await this._sheets.show(title, (close) =>
      [
        none ? h("p", { class: "tl-said" }, till.text("shift_opens_itself")) : h("table", { class: "tl-counters" }, h("tbody", {}, rows)),
        closing && till.queue ? h("p", { class: "tl-said" }, till.text("queue_goes", { count: till.queue })) : null,
        closing && !none ? h("button", { type: "button", class: "tl-key tl-main", onclick: () => close(true) }, till.text("close_shift")) : null,
      ].filter(Boolean),
    );
    if (sure && (await till.closing.closeShift())) till.say(till.text("shift_closed"), "good");
  }

  async _cash(kind) {
    const till = this._till;
    const amount = await this._sheets.number(till.text(kind), {
      label: till.text("sum_label"),
      said: till.text("bad_sum"),
      read: (text) => {
        const read = parse(text, MONEY);
        return read !== null && read > 0n ? write(read, MONEY) : null;
      },
    });
    if (amount && (await till.closing.moveCash(kind, amount))) till.say(till.text(`${kind}_done`, { sum: till.shownMoney(amount) }), "good");
  }

  async _forget() {
    const till = this._till;
    const said = till.queue ? till.text("forget_queue", { count: till.queue }) : till.text("forget_sure");
    if (await this._sheets.confirm(till.text("forget"), said, till.text("forget"))) till.forget();
  }
}
