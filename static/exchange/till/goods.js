// What the till may sell: loaded page by page, found by barcode or code, looked for by name.
import { parse, quantity, QUANTITY } from "./decimal.js";
import { Refused } from "./server.js";

const ORDER = new Intl.Collator();

export class Goods {
  constructor(memory, server) {
    this._memory = memory;
    this._server = server;
    const kept = memory.read("goods", null);
    this.cursor = kept?.cursor ?? null;
    this._seen = null; // What a full load under way has mentioned.
    this._goods = new Map((kept?.goods || []).map((good) => [good.sku, good]));
    this._groups = new Map((kept?.groups || []).map((group) => [group.id, group]));
    this._index();
  }

  get count() {
    return this._sold.length;
  }

  // Load what has changed, to the end; everything if the server asks for it. Returns whether anything has.
  async load() {
    let changed = false;
    if (this.cursor === null || this._seen) this._begin();
    for (;;) {
      let page;
      try {
        page = await this._server.get("goods", { query: { cursor: this.cursor }, seconds: 30 });
      } catch (error) {
        if (!(error instanceof Refused && error.status === 410 && this.cursor !== null)) throw error;
        this._begin();
        continue;
      }
      changed = changed || page.goods.length + page.groups.length > 0;
      this._take(page);
      if (!page.more) break;
    }
    if (changed) this._keep();
    return changed;
  }

  // Begin a full load; one that was broken off begins anew.
  _begin() {
    this.cursor = null;
    this._seen = new Set();
  }

  _take(page) {
    for (const good of page.goods) {
      const known = this._goods.get(good.sku);
      // What is withdrawn comes by its code alone; the rest of it is needed to take it back.
      this._goods.set(good.sku, good.withdrawn && known ? { ...known, withdrawn: true, barcodes: [] } : good);
      this._seen?.add(good.sku);
    }
    for (const group of page.groups) this._groups.set(group.id, group);
    this.cursor = page.cursor;
    if (!page.more && this._seen) {
      // What a full load does not mention is not sold here.
      for (const sku of this._goods.keys()) if (!this._seen.has(sku)) this._goods.delete(sku);
      this._seen = null;
    }
    this._index();
  }

  _keep() {
    const kept = { cursor: this.cursor, goods: [...this._goods.values()], groups: [...this._groups.values()] };
    this._memory.keep("goods", kept); // Without room for them they are loaded again at the next start.
  }

  _index() {
    this._sold = [...this._goods.values()].filter((good) => !good.withdrawn && good.name);
    this._sold.sort((one, other) => ORDER.compare(one.name, other.name) || ORDER.compare(one.sku, other.sku));
    const used = new Set(this._sold.map((good) => this._root(good.group)));
    // The uppermost groups in which anything is sold.
    this.groups = [...this._groups.values()].filter((group) => used.has(group.id));
    this.groups.sort((one, other) => ORDER.compare(one.name, other.name));
    this._barcodes = new Map(this._sold.flatMap((good) => good.barcodes.map((value) => [value, good.sku])));
    this._sought = new Map(
      this._sold.map((good) => [good.sku, `${good.name} ${good.characteristic} ${good.article} ${good.sku}`.toLowerCase()]),
    );
  }

  get(sku) {
    return this._goods.get(sku) ?? null;
  }

  // Return {good, barcode, quantity} of a barcode or a code; null if nothing here has it. A label of scales says its grams.
  find(code, weighedPrefixes) {
    const sku = this._barcodes.get(code);
    if (sku) return { good: this._goods.get(sku), barcode: code, quantity: null };
    const good = this._goods.get(code);
    if (good && !good.withdrawn) return { good, barcode: good.barcodes[0] || "", quantity: null };
    if (!/^\d{13}$/.test(code) || !weighedPrefixes.includes(code.slice(0, 2)) || !checks(code)) return null;
    const weighed = this._sold.find((one) => one.plu === Number(code.slice(2, 7)));
    return weighed ? { good: weighed, barcode: code, quantity: BigInt(code.slice(7, 12)) } : null;
  }

  // Return goods of a group (null: of any) whose name, article or code holds every word of the text.
  search(text, group, limit) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (const good of this._sold) {
      if (group !== null && this._root(good.group) !== group) continue;
      const sought = this._sought.get(good.sku);
      if (words.every((word) => sought.includes(word)) && found.push(good) === limit) break;
    }
    return found;
  }

  _root(id) {
    for (let steps = 0; steps < 50; steps += 1) {
      const parent = this._groups.get(id)?.parent ?? null;
      if (parent === null) return id;
      id = parent;
    }
    return id;
  }
}

// Read "2*4600000000015", or the other way round, as tills differ, into a code and a quantity.
export function splitCode(text) {
  const parts = text.split("*").map((part) => part.trim());
  if (parts.length !== 2 || !parts[0] || !parts[1]) return { code: text.trim(), count: null };
  const [code, count] = parts[0].length > parts[1].length ? parts : [parts[1], parts[0]];
  return { code, count: parse(count, QUANTITY) ?? quantity("0") };
}

function checks(ean) {
  const total = [...ean].reduce((sum, digit, place) => sum + Number(digit) * (place % 2 ? 3 : 1), 0);
  return total % 10 === 0;
}
