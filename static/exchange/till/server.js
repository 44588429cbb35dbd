// The register's half of /kkm/v1/: asks, and says in three words how it went wrong.

// The server understood and said no; `message` is in its own words, for the cashier.
export class Refused extends Error {
  constructor(status, content) {
    const first = content?.errors?.[0] ?? {};
    super(first.detail || String(status));
    this.status = status;
    this.code = first.code || "";
    this.content = content;
  }
}

// Nobody answered, or the answer was "later": the same may be asked again.
export class Unreachable extends Error {
  constructor(message, after = 0) {
    super(message);
    this.after = after; // seconds
  }
}

// The token is taken away, or the register switched off.
export class TokenRefused extends Error {}

export class Server {
  constructor({ base, language, token = null }) {
    this.base = base;
    this.token = token;
    this.offline = false;
    this._language = language;
    this._calls = new Set();
  }

  get(path, options = {}) {
    return this.call("GET", path, options);
  }

  // Ask, and return the answer read from JSON; null of a 204. `body` is sent as it is, so that a repeat is the same.
  async call(method, path, { body, seconds = 10, query } = {}) {
    if (this.offline) throw new Unreachable("");
    const address = new URL(path, new URL(this.base, location.href));
    for (const [name, value] of Object.entries(query || {})) {
      if (value !== null) address.searchParams.set(name, value);
    }
    const headers = { "Accept-Language": this._language };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), seconds * 1000);
    this._calls.add(control);
    try {
      const options = { method, headers, body, signal: control.signal, cache: "no-store", credentials: "omit" };
      const answer = await fetch(address, options);
      return await read(answer);
    } catch (error) {
      if (error instanceof Refused || error instanceof Unreachable || error instanceof TokenRefused) throw error;
      throw new Unreachable("");
    } finally {
      clearTimeout(timer);
      this._calls.delete(control);
    }
  }

  // Go off line: what is being asked is given up.
  hangUp() {
    for (const control of this._calls) control.abort();
  }
}

async function read(answer) {
  if (answer.status === 204) return null;
  const text = await answer.text();
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Unreachable("", Number(answer.headers.get("Retry-After")) || 0); // Not ours: a proxy's own page.
  }
  if (answer.ok) return content;
  const detail = content?.errors?.[0]?.detail || "";
  if (answer.status === 401) throw new TokenRefused(detail);
  if (answer.status === 429 || answer.status >= 500) {
    throw new Unreachable(detail, Number(answer.headers.get("Retry-After")) || 0);
  }
  throw new Refused(answer.status, content);
}
