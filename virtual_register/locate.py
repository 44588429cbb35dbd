"""Finding the register that is meant: its token, its server and its memory.

`script/server` writes var/demo.json; a paired register has its token in its own memory; the command line has the last
word. Nothing of this is needed to talk to a server elsewhere: `--url` and `--token`, or `--url` and `pair`.
"""

import platform
from argparse import Namespace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from virtual_register import wire
from virtual_register.errors import RegisterError, TokenRefused
from virtual_register.register import Register
from virtual_register.server import Server, decoded
from virtual_register.store import Store

VAR = Path(__file__).resolve().parents[1] / "var"
DEFAULT_URL = "http://localhost:8000"


class Known(msgspec.Struct, frozen=True):
    """A register whose token is written down."""

    token: str
    number: int | str = ""
    name: str = ""
    warehouse: str | int = ""
    stock_control: str = ""


class Demo(msgspec.Struct, frozen=True):
    """As much of var/demo.json as a register needs."""

    url: str = ""
    wait_url: str = ""
    registers: list[Known] = []


class PairedRegister(msgspec.Struct, frozen=True):
    number: int | str
    name: str = ""


class _Paired(msgspec.Struct, frozen=True):
    token: str
    register: PairedRegister


_read_paired = msgspec.json.Decoder(_Paired).decode


def read_demo(path: Path) -> Demo:
    """Read a list of registers; a file that is not there is an empty one. Raises `RegisterError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Demo)
    except FileNotFoundError:
        return Demo()
    except (OSError, msgspec.DecodeError) as error:
        raise RegisterError(f"{path} cannot be read: {error}.") from error


def join(options: Namespace, code: str) -> tuple[Register, PairedRegister]:
    """Spend a pairing code and keep the token in the memory of the register it is for. Raises `RegisterError`."""
    server = Server(
        options.url or read_demo(options.demo).url or DEFAULT_URL, language=options.language, patience=options.patience
    )
    try:
        device = {"serial": platform.node()[:100], "software": "virtual-register", "version": "1"}
        paired = decoded(_read_paired, server.post("pair", wire.encode({"code": code, "device": device})))
        store = Store(options.state / f"{_name(str(paired.register.number))}.sqlite")
    except BaseException:
        server.close()
        raise
    store.remember(token=paired.token, server=server.url, goods_cursor=None, stock_cursor=None)
    server.token = paired.token
    return _register(store, server, str(paired.register.number), options), paired.register


def find(options: Namespace) -> Register:
    """Return the register that the options mean. Raises `RegisterError`."""
    demo = read_demo(options.demo)
    name = str(options.register or "")
    if not name and options.token:
        name = f"token-{sha256(options.token.encode()).hexdigest()[:8]}"
    if not name:
        name = str(demo.registers[0].number) if demo.registers else "1"
    store = Store(options.state / f"{_name(name)}.sqlite")
    try:
        known = next((one.token for one in demo.registers if str(one.number) == name), "")
        token = options.token or store.recall("token") or known
        if not token:
            why = "it is not in" if demo.registers else "script/server writes"
            raise TokenRefused(f"Register {name} has no token ({why} {options.demo}): pair it, or give --token.")
        if not token.isascii():
            raise TokenRefused("A token is made of Latin letters and digits.")
        url = options.url or store.recall("server") or demo.url or DEFAULT_URL
        server = Server(url, token, language=options.language, patience=options.patience)
    except BaseException:
        store.close()
        raise
    return _register(store, server, name, options)


def _register(store: Store, server: Server, name: str, options: Namespace) -> Register:
    register = Register(
        store,
        server,
        name=name,
        clock=lambda: datetime.now(UTC),
        offline=options.offline,
        stock_control=options.stock_control,
        wait_url=options.wait_url,
    )
    register.pulled = options.pulled
    return register


def _name(name: str) -> str:
    if not name.replace("-", "").replace("_", "").isalnum():
        raise RegisterError(f"{name}: a register is named by letters and digits.")
    return name
