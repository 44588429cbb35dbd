"""Who shows a token: asked for many at once, remembered while it is safe, forgotten at once."""

import asyncio

import psycopg
import pytest
from django.db import OperationalError

from exchange.services.waiting import identities as module
from exchange.services.waiting.identities import Identities
from exchange.services.waiting.reading import TokenRow
from registers.services import tokens
from stock.services.intake import Busy


class Tokens:
    """The table of tokens: `register` has the token "token-<register>"."""

    def __init__(self) -> None:
        self.looks: list[int] = []
        self.load = 0
        self.away = False
        self.unused = False
        self.open = asyncio.Event()
        self.open.set()

    async def look(self, digests):
        self.looks.append(len(digests))
        found = {}
        for register in range(1, 101):
            digest = tokens.digest(f"token-{register}")
            if digest in digests:
                found[digest] = TokenRow(digest, self.unused, False, True, register, 1, "none", self.load)
        await self.open.wait()
        if self.away:
            raise psycopg.OperationalError
        return found


def story(play):
    def test(monkeypatch):
        async def run():
            table = Tokens()
            await play(table, Identities(table.look), monkeypatch)

        asyncio.run(run())

    return test


@story
async def test_many_tokens_at_once_are_few_statements(table, identities, monkeypatch):
    found = await asyncio.gather(*(identities.of_token(f"token-{register}") for register in range(1, 101)))

    assert [identity.register for identity in found] == list(range(1, 101))
    assert table.looks == [100]


@story
async def test_a_token_seen_is_remembered(table, identities, monkeypatch):
    first = await identities.of_token("token-1")

    assert await identities.of_token("token-1") is first
    assert table.looks == [1]


@story
async def test_who_does_not_hear_believes_nothing_for_long(table, identities, monkeypatch):
    await identities.of_token("token-1")
    later = module.time.monotonic() + module.LIFETIME_DEAF + 1
    monkeypatch.setattr(module.time, "monotonic", lambda: later)

    await identities.of_token("token-1")
    identities.lifetime = module.LIFETIME
    await identities.of_token("token-1")

    assert table.looks == [1, 1]


@story
async def test_a_register_forgotten_is_looked_up_anew(table, identities, monkeypatch):
    await identities.of_token("token-1")
    table.load = 7

    identities.forget(1)

    assert (await identities.of_token("token-1")).load == 7


@story
async def test_a_register_that_changes_while_it_is_looked_up_is_looked_up_again(table, identities, monkeypatch):
    table.open.clear()
    asked = asyncio.create_task(identities.of_token("token-1"))
    await asyncio.sleep(0.001)
    table.load = 7
    identities.forget(1)
    also = asyncio.create_task(identities.of_token("token-1"))
    await asyncio.sleep(0.001)

    table.open.set()

    assert [(await asked).load, (await also).load] == [7, 7]


@story
async def test_everything_forgotten_is_looked_up_again(table, identities, monkeypatch):
    table.open.clear()
    asked = asyncio.create_task(identities.of_token("token-1"))
    await asyncio.sleep(0.001)
    table.load = 7
    identities.forget_all()

    table.open.set()

    assert (await asked).load == 7


@story
async def test_what_is_too_old_is_let_go(table, identities, monkeypatch):
    await identities.of_token("token-1")
    later = module.time.monotonic() + module.LIFETIME + 1
    monkeypatch.setattr(module.time, "monotonic", lambda: later)

    identities.prune()

    assert (identities._known, identities._digests) == ({}, {})


@story
async def test_a_database_that_is_away_is_said_to_be_busy(table, identities, monkeypatch):
    table.away = True

    with pytest.raises(Busy):
        await identities.of_token("token-1")

    table.away = False
    assert (await identities.of_token("token-1")).register == 1


@story
async def test_a_token_nobody_has_is_refused_and_not_remembered(table, identities, monkeypatch):
    for _ in range(2):
        with pytest.raises(tokens.UnknownToken):
            await identities.of_token("stolen")

    assert table.looks == [1, 1]


@story
async def test_who_asks_again_is_told_too_that_the_database_is_away(table, identities, monkeypatch):
    table.open.clear()
    asked = asyncio.create_task(identities.of_token("token-1"))
    await asyncio.sleep(0.001)
    identities.forget(1)
    also = asyncio.create_task(identities.of_token("token-1"))
    await asyncio.sleep(0.001)
    looking = identities._look

    async def break_down(digests):
        table.away = True
        return await looking(digests)

    identities._look = break_down
    table.open.set()

    assert [type(outcome) for outcome in await asyncio.gather(asked, also, return_exceptions=True)] == [Busy, Busy]


@story
async def test_a_first_use_that_cannot_be_written_down_is_busy(table, identities, monkeypatch):
    table.unused = True

    def identify(**_):
        raise OperationalError

    monkeypatch.setattr(tokens, "identify", identify)

    with pytest.raises(Busy):
        await identities.of_token("token-1")


@story
async def test_of_two_tokens_of_a_register_the_old_is_let_go_alone(table, identities, monkeypatch):
    await identities.of_token("token-1")
    old, (identity, read_at) = next(iter(identities._known.items()))
    identities._known["younger"] = (identity, read_at + 1000)
    identities._digests[1] = (old, "younger")
    later = module.time.monotonic() + module.LIFETIME + 1
    monkeypatch.setattr(module.time, "monotonic", lambda: later)

    identities.prune()

    assert (list(identities._known), identities._digests) == (["younger"], {1: ("younger",)})
