// What the till believes is left: what packets said, less its own sales that the server may not have counted yet.
import { quantity, write, QUANTITY } from "./decimal.js";
import { Refused } from "./server.js";

const KEEP_AFTER = 300; // ms

export class Stock {
  constructor(memory, server) {
    this._memory = memory;
    this._server = server;
    const kept = memory.read("stock", null);
    this.cursor = kept?.cursor ?? null;
    this._told = new Map(Object.entries(kept?.told || {}));
    this._loading = null; // What a full load under way has told.
    this._pending = kept?.pending || []; // {uid, sku, quantity, counted}
  }

  // Poll to the end of the feed. Returns what moved: [{sku, name, before, after}].
  async sync() {
    const counted = this._acknowledged();
    const moved = [];
    for (;;) {
      const asked = this.cursor;
      let packet;
      try {
        packet = await this._server.get("stock", { query: { cursor: asked }, seconds: 30 });
      } catch (error) {
        if (!(error instanceof Refused && error.status === 410 && asked !== null)) throw error;
        this.reload();
        continue;
      }
      moved.push(...this._take(packet, asked, counted));
      if (!packet.more) return moved;
    }
  }

  // Hold until something changes. Returns what moved; nothing when the time is over.
  async wait(url, seconds) {
    const asked = this.cursor;
    const counted = this._acknowledged();
    const query = { cursor: asked, timeout: String(seconds) };
    const packet = await this._server.get(url, { query, seconds: seconds + 10 });
    if (packet === null) return [];
    const moved = this._take(packet, asked, counted);
    return packet.more ? [...moved, ...(await this.sync())] : moved;
  }

  // Begin anew: the next poll is a full load.
  reload() {
    this.cursor = null;
    this._loading = new Map();
  }

  _take(packet, asked, counted) {
    if (this.cursor !== asked) return [];
    if (asked === null) this._loading = new Map();
    const moved = [];
    for (const change of packet.changes) {
      const before = this._told.get(change.sku);
      if (before !== undefined && before !== change.available) {
        moved.push({ sku: change.sku, name: change.name, before: quantity(before), after: quantity(change.available) });
      }
      (this._loading || this._told).set(change.sku, change.available);
    }
    this.cursor = packet.cursor;
    if (!packet.more) {
      if (this._loading) this._told = this._loading; // What a full load does not mention is gone.
      this._loading = null;
      this._pending = this._pending.filter((sale) => !counted.has(sale.uid));
      if (counted.size || packet.changes.length || asked === null) this._keep();
    }
    return moved;
  }

  // Sales that any poll beginning now will have counted.
  _acknowledged() {
    return new Set(this._pending.filter((sale) => sale.counted).map((sale) => sale.uid));
  }

  // Subtract a sale of ours (add a return) until the server has counted it.
  subtract(uid, lines, sign) {
    for (const line of lines) {
      const count = quantity(line.quantity) * BigInt(sign);
      if (count === 0n) continue;
      this._pending.push({ uid, sku: line.sku, quantity: write(count, QUANTITY), counted: false });
    }
    this._keep();
  }

  // The server has answered for a sale of ours.
  acknowledge(uid) {
    for (const sale of this._pending) if (sale.uid === uid) sale.counted = true;
    this._keep();
  }

  // So much is left of a SKU, in thousandths; null if nothing was ever told.
  left(sku) {
    if (this._told.size === 0) return null;
    const own = this._pending.filter((sale) => sale.sku === sku);
    return own.reduce((left, sale) => left - quantity(sale.quantity), quantity(this._told.get(sku) || "0"));
  }

  // Many packets may come in one moment, and what is lost here is told again.
  _keep() {
    this._keeping ??= setTimeout(() => {
      this._keeping = null;
      if (this._loading) return;
      const kept = { cursor: this.cursor, told: Object.fromEntries(this._told), pending: this._pending };
      this._memory.keep("stock", kept);
    }, KEEP_AFTER);
  }
}
