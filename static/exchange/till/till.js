// A till: what it is, what it knows, whether it is heard. What a cashier does with it is in cashier.js.
import { Cards } from "./cards.js";
import { Cashier } from "./cashier.js";
import { Closing } from "./closing.js";
import { money, quantity, shown, MONEY, QUANTITY } from "./decimal.js";
import { Goods } from "./goods.js";
import { begin, waiting } from "./journal.js";
import { Link } from "./link.js";
import { Memory, MemoryFull, uuid } from "./memory.js";
import { Said } from "./said.js";
import { Refused, Server, TokenRefused, Unreachable } from "./server.js";
import { Stock } from "./stock.js";

const SOFTWARE = "Prilavok.Till";
const VERSION = "1.0";
const MOVED_SHOWN = 4_000; // ms

export class Till {
  // `about` is the register as the page tells it: {id, number, name, shop, warehouse, code}.
  constructor(about, { service, language, words, csrf }) {
    this.about = about;
    this.language = language;
    this.words = words;
    this._csrf = csrf;
    this.memory = new Memory(about.id);
    this.server = new Server({ base: service, language, token: this.memory.read("token", null) });
    this.server.offline = this.memory.state.offline;
    this.settings = this.memory.read("settings", {});
    this.goods = new Goods(this.memory, this.server);
    this.stock = new Stock(this.memory, this.server);
    const cards = new Cards(this.memory, this.server);
    this.cashier = new Cashier(this, cards);
    this.closing = new Closing(this, cards, this.cashier);
    this.link = new Link(this);
    this.lost = false; // The server was asked and did not answer.
    this.refused = ""; // Why the token is worth nothing.
    this.taken = false; // Another window has this till.
    this.moved = new Map(); // sku → what it was before, for a moment
    this.notice = null; // {text, kind}
    this.onchange = () => {};
  }

  // Begin work: one window of a browser at a time has the till, as two would give out the same numbers.
  start() {
    const work = () => {
      this.memory.recall(); // Another window may have worked meanwhile.
      this.server.token = this.memory.read("token", null);
      this.taken = false;
      this.link.start();
      this.onchange();
      return new Promise(() => {});
    };
    if (!navigator.locks) {
      work();
      return;
    }
    const name = `prilavok.till.${this.about.id}`;
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock) return work();
      this.taken = true;
      this.onchange();
      navigator.locks.request(name, work);
      return null;
    });
  }

  get paired() {
    return this.server.token !== null && !this.refused;
  }

  get connected() {
    return this.paired && !this.taken && !this.server.offline;
  }

  get offline() {
    return this.server.offline;
  }

  get queue() {
    return waiting(this.memory.state).length;
  }

  text(name, values = {}) {
    return Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), this.words[name] || name);
  }

  shownMoney(value) {
    return shown(typeof value === "string" ? money(value) : value, MONEY, this.language);
  }

  shownQuantity(value) {
    return shown(typeof value === "string" ? quantity(value) : value, QUANTITY, this.language);
  }

  say(text, kind = "error") {
    this.notice = text ? { text, kind } : null;
    this.onchange();
  }

  // Pair: the page makes a code as its person may, and the till spends it as any other does.
  async pair() {
    const response = await fetch(this.about.code, {
      method: "POST",
      headers: { "X-CSRFToken": this._csrf, Accept: "application/json" },
    });
    const made = await response.json().catch(() => ({}));
    if (!response.ok || !made.code) throw new Said(made.detail || this.text("not_paired"));
    this.server.token = null;
    this.server.offline = false;
    const device = { serial: uuid().slice(0, 8), software: SOFTWARE, version: VERSION };
    const body = JSON.stringify({ code: made.code, device });
    const joined = await this.server.call("POST", "pair", { body });
    this._join(joined.token);
    this._learn(joined.settings);
    this.refused = "";
    this.memory.change((state) => (state.offline = false));
    await this._number();
    this.link.ring();
    this.say("");
  }

  // Go on after what the server has heard of this register, from whatever browser.
  async _number() {
    const told = await this.server.call("POST", "transactions", { body: '{"transactions":[]}' });
    this.memory.change((state) => begin(state, told.last_number));
  }

  _join(token) {
    if (!this.memory.keep("token", token)) throw new MemoryFull();
    this.server.token = token;
    this.goods.cursor = null;
    this.stock.reload();
  }

  // Forget the register: this browser has no token any more.
  forget() {
    this.memory.forget();
    this.server.hangUp();
    this.server.token = null;
    this.refused = "";
    this.goods = new Goods(this.memory, this.server);
    this.stock = new Stock(this.memory, this.server);
    this.onchange();
  }

  // Look at the settings and the goods again.
  async refresh() {
    this._learn(await this.server.get("settings"));
    if (!this.memory.state.numbers) await this._number();
    await this.goods.load();
    this.onchange();
  }

  _learn(settings) {
    if (this.settings.stock_control && this.settings.stock_control !== settings.stock_control) this.stock.reload();
    this.settings = settings;
    this.memory.keep("settings", settings);
  }

  // Go off line or come back; what was being asked is given up.
  switchOffline(offline) {
    this.server.offline = offline;
    this.memory.change((state) => (state.offline = offline));
    if (offline) this.server.hangUp();
    this.lost = false;
    this.link.ring();
    this.onchange();
  }

  // The server was heard, and this has moved.
  heard(moved) {
    if (this.lost) this.link.send();
    this.lost = false;
    for (const { sku, before } of moved) {
      this.moved.set(sku, before);
      setTimeout(() => {
        if (this.moved.get(sku) === before) this.moved.delete(sku);
        this.onchange();
      }, MOVED_SHOWN);
    }
    this.onchange();
  }

  // The server has answered for transactions.
  settled(entries, results) {
    this.memory.change((state) => {
      for (const [place, { uid }] of entries.entries()) {
        const entry = state.journal.find((one) => one.uid === uid);
        entry.status = results[place].status;
        entry.problem = results[place].problem?.detail || null;
      }
    });
    for (const { uid } of entries) this.stock.acknowledge(uid);
    this.lost = false;
    this.onchange();
  }

  // Something asked of the server did not come to anything.
  failed(error) {
    if (error instanceof TokenRefused) this.refused = error.message || this.text("not_paired");
    else if (error instanceof MemoryFull) this.say(this.text("memory_full"));
    else if (error instanceof Refused) this.say(error.message);
    else if (error instanceof Unreachable) this.lost = true;
    else console.error(error); // A fault of ours: the till goes on.
    this.onchange();
  }

  // So much may be sold as far as this till knows; null where nothing was told of stock.
  left(sku) {
    if (this.settings.sync_stock === false) return null;
    const left = this.stock.left(sku);
    if (left === null) return null;
    const lying = (this.memory.state.counter?.lines || []).filter((line) => line.sku === sku);
    return lying.reduce((rest, line) => rest - quantity(line.quantity) + quantity(line.held), left);
  }
}
