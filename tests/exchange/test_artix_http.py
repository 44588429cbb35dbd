"""Goods for Artix over HTTP: told to a cash server made of the description, and loaded only when it says so."""

import base64
import json
import threading
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from exchange.models import ArtixLoad, DeviceState, ExchangeSession
from exchange.services.rules import checks
from exchange.services.transaction_files import artix_sending, artix_states, folders
from retail.models import Edit, Price
from tests.exchange.rules import leave, priced
from tests.factories.exchange import ArtixServerFactory, RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.registers.pages import text_of
from tests.retail.admin import form_of, page, signed_in

pytestmark = pytest.mark.django_db
NOW = timezone.now()  # As the callbacks have it.
HERE = [ip_network("127.0.0.0/8")]
READY, DURING = "STATUS_READY", "STATUS_DURING"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.heard.append(
            (parts.path, asked, self.headers["Authorization"], json.loads(raw, parse_float=Decimal))
        )
        status, answer = self.server.answers
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def listening():
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cash_server(listening):
    listening.heard = []
    listening.answers = (200, b'{"success":true}')
    return listening


@pytest.fixture
def server(settings, tmp_path, cash_server):
    settings.EQUIPMENT_FILES, settings.REGISTER_NETWORKS = str(tmp_path), HERE
    settings.ARTIX_STATUS_SERVER = "10.0.0.2:8000"
    return ArtixServerFactory(address=f"http://127.0.0.1:{cash_server.server_port}", shop_code="77")


def send(server, at=NOW):
    return artix_sending.send(server_id=server.pk, now=at) if server.pk in artix_sending.due(now=at) else None


def say(status, *, load=None, shop="77", till="", address="127.0.0.1", method="put"):
    """Call back as the cash server does; without a load it begins with one."""
    path = f"/CSrest/rest/dicts/{f'cashLoad/{shop}/{till}' if till else f'backOfficeState/{shop}'}"
    path += f"/{load}" if load else ""
    call = getattr(Client(), method if load else "post")
    answer = call(path, json.dumps({"status": status}), content_type="application/json", REMOTE_ADDR=address)
    return answer.status_code, answer.json()


def stands(server):
    state = DeviceState.objects.filter(equipment=server.equipment).first()
    return state is not None and state.position is not None


def test_goods_are_told_whole_and_loaded_only_when_the_cash_server_says_so(server, cash_server):
    sku = priced(server.equipment.rule, amount="99.50")
    leave(server.equipment.rule, sku, Decimal("5.250"))

    load = send(server)

    [(path, asked, known, commands)] = cash_server.heard
    assert (path, known) == ("/aifexchange/loaddicts", "Basic " + base64.b64encode(b"admin:secret").decode())
    assert asked == {"shopcode": "77", "dictionaryid": load.uid, "addressstatusserver": "10.0.0.2:8000"}
    assert commands[0] == {"command": "clearInventory"}
    [good] = [one["invent"] for one in commands if one["command"] == "addInventItem"]
    assert (good["inventcode"], good["price"], good["remain"]) == (sku.code, Decimal("99.50"), Decimal("5.250"))
    assert not stands(server)

    assert say(DURING) == (200, load.uid)
    assert say(READY, load=load.uid) == (200, load.uid)

    assert stands(server)
    assert send(server, NOW + timedelta(hours=1)) is None
    assert [(row.operation, row.result) for row in ExchangeSession.objects.order_by("pk")] == [
        ("loaddicts", "done"), ("backOfficeState", "done"),
    ]  # fmt: skip


def test_only_one_load_is_on_its_way_and_then_only_changes_go(server, cash_server):
    first = priced(server.equipment.rule)
    load = send(server)
    Price.objects.filter(sku=first).update(amount=Decimal("120.00"))

    assert send(server, NOW + timedelta(minutes=5)) is None
    say(READY, load=load.uid)
    later = send(server, NOW + timedelta(minutes=5))

    told = cash_server.heard[1][3]
    assert [one for one in told if one["command"].startswith("clear")] == []
    assert [one["invent"]["price"] for one in told if one["command"] == "addInventItem"] == [Decimal("120.00")]
    assert (later.full, later.goods, ArtixLoad.objects.count()) == (False, 1, 2)
    with pytest.raises(IntegrityError, match="one_on_its_way"), transaction.atomic():
        ArtixLoad.objects.create(equipment=server.equipment, full=True, goods=1, position={}, began_at=NOW)


def test_a_callback_that_is_repeated_or_of_an_earlier_load_moves_nothing(server):
    priced(server.equipment.rule)
    old = send(server)
    say("STATUS_ERROR", load=old.uid)
    new = send(server, NOW + timedelta(hours=2))

    assert say(READY, load=old.uid) == (200, old.uid)
    assert not stands(server)
    assert say(READY, load=new.uid) == say(READY, load=new.uid) == (200, new.uid)
    assert say("STATUS_ERROR", load=new.uid) == (200, new.uid)
    assert say(DURING) == (200, new.uid)

    assert stands(server)
    new.refresh_from_db()
    assert (new.state, new.attempt) == ("loaded", 2)


def test_what_nobody_knows_and_nobody_may_say_is_refused(server):
    priced(server.equipment.rule)
    assert say(DURING)[0] == 404
    load = send(server)
    ArtixServerFactory(shop_code="78")

    assert say(READY, load="0000")[0] == say(READY, load=load.uid, shop="78")[0] == say(DURING, shop="79")[0] == 404
    assert say(READY, load=load.uid, address="8.8.8.8")[1]["errors"][0]["code"] == "artix_not_let_in"
    assert say("STATUS_WHATEVER", load=load.uid)[1]["errors"][0]["code"] == "artix_no_status"
    assert say(READY, load=load.uid, method="patch")[0] == 405
    for body in (b"", b"[]", b"{", b'{"status":1}', b"\xff\x00", b'{"status":"' + b"x" * 70_000 + b'"}'):
        answer = Client().put(
            f"/CSrest/rest/dicts/backOfficeState/77/{load.uid}", body, content_type="application/json"
        )
        assert answer.status_code == 400
    for path in ("backOfficeState/77/%00", f"backOfficeState/%00/{load.uid}", f"cashLoad/77/%00/{load.uid}"):
        answer = Client().put(f"/CSrest/rest/dicts/{path}", b'{"status":"STATUS_READY"}')
        assert answer.status_code == 404
    assert not stands(server)


@pytest.mark.parametrize("status", ["STATUS_ERROR", "STATUS_READY_WITH_ERROR"])
def test_a_load_that_failed_is_told_again_after_a_while(server, status):
    priced(server.equipment.rule)
    load = send(server)
    say(status.lower(), load=load.uid)
    load.refresh_from_db()
    again = artix_sending.retry_at(load)

    assert send(server, again - timedelta(seconds=1)) is None
    assert send(server, again).attempt == 2
    assert not stands(server)
    assert ExchangeSession.objects.filter(result="failed").count() == 1


def test_pauses_grow_to_an_hour_and_differ_by_chance():
    tried = [ArtixLoad(state="failed", attempt=attempt, ended_at=NOW) for attempt in [1, 2, 3, 8, 10**6]]
    minutes = [(artix_sending.retry_at(load) - NOW) / timedelta(minutes=1) for load in tried]

    for pause, usual in zip(minutes, [1, 2, 4, 60, 60], strict=True):
        assert 0.75 * usual <= pause <= 1.25 * usual
    assert minutes[3] != minutes[4]
    assert artix_sending.retry_at(ArtixLoad(state="loaded", ended_at=NOW)) is None


@pytest.mark.parametrize(
    ("answers", "error"),
    [((401, b"no"), "refused"), ((200, b'{"success":false}'), "refused"), ((200, b"<html>"), "refused"),
     ((302, b""), "refused")],
)  # fmt: skip
def test_an_answer_that_is_no_yes_is_a_failure(server, cash_server, answers, error):
    priced(server.equipment.rule)
    cash_server.answers = answers

    load = send(server)

    load.refresh_from_db()
    assert (load.state, load.error) == ("failed", error)
    assert str(answers[0]) in artix_states.describe(load)


def test_who_is_not_reached_or_not_allowed_is_tried_again(server, settings):
    priced(server.equipment.rule)
    settings.REGISTER_NETWORKS = [ip_network("10.0.0.0/8")]
    refused = send(server)
    refused.refresh_from_db()
    assert (refused.error, refused.state) == ("bad_address", "failed")

    settings.REGISTER_NETWORKS = HERE
    server.address = "http://127.0.0.1:1"
    server.save()
    missed = send(server, NOW + timedelta(hours=2))
    missed.refresh_from_db()
    assert (missed.error, missed.attempt) == ("not_reached", 2)
    assert [finding.code for finding in checks.missing(equipment=server.equipment, now=NOW)][-1] == "load_failed"


def test_a_load_of_which_nothing_is_heard_is_given_up_and_may_yet_be_confirmed(server, cash_server):
    priced(server.equipment.rule)
    load = send(server)
    assert send(server, NOW + timedelta(minutes=29)) is None
    assert server.pk not in artix_sending.due(now=NOW + timedelta(minutes=29))

    assert send(server, NOW + timedelta(minutes=32)) is None

    load.refresh_from_db()
    assert (load.state, load.error) == ("failed", "not_confirmed")
    say(READY, load=load.uid)
    load.refresh_from_db()
    assert (load.state, load.error, stands(server)) == ("loaded", "", True)


def test_a_kill_while_it_is_sent_is_made_good(server, monkeypatch):
    priced(server.equipment.rule)

    def killed(*_given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(artix_sending.outside, "call", killed)
        with pytest.raises(KeyboardInterrupt):
            send(server)

    assert send(server, NOW + timedelta(minutes=5)) is None
    assert send(server, NOW + timedelta(minutes=11)) is None
    assert ArtixLoad.objects.get().error == "interrupted"
    assert send(server, NOW + timedelta(minutes=14)) is not None


def test_a_cash_server_that_calls_back_before_it_answers_is_believed(server, monkeypatch):
    priced(server.equipment.rule)
    real = artix_sending.outside.call

    def early(asked):
        say(DURING)
        real(asked)
        raise artix_sending.NotReached("the answer was lost")

    monkeypatch.setattr(artix_sending.outside, "call", early)
    load = send(server)
    load.refresh_from_db()
    assert (load.state, load.error) == ("sent", "")
    say(READY, load=load.uid)
    assert stands(server)


def test_an_order_of_a_full_load_stands_until_it_is_loaded(server, cash_server):
    priced(server.equipment.rule)
    say(READY, load=send(server).uid)
    load = RegisterLoadFactory(registers=[server.equipment.register])
    load.lines.update(sequence=1)

    ordered = send(server, NOW + timedelta(minutes=1))
    say("STATUS_ERROR", load=ordered.uid)
    again = send(server, NOW + timedelta(hours=1))

    assert (ordered.full, again.full) == (True, True)
    say(READY, load=again.uid)
    assert send(server, NOW + timedelta(hours=2)) is None


def test_no_file_is_written_for_it_and_files_of_before_are_waited_for(server, settings):
    priced(server.equipment.rule)
    folder = Path(settings.EQUIPMENT_FILES) / server.equipment.folder
    folder.mkdir()
    file = folder / "pos20261121150000.aif"
    file.touch()

    assert send(server) is None
    file.unlink()
    assert folders.look(now=NOW).written == 0
    assert send(server) is not None


def test_tills_are_told_of_by_themselves(server):
    priced(server.equipment.rule)
    load = send(server)

    assert say(READY, load=load.uid, till="1") == (200, load.uid)
    assert say("STATUS_ERROR", load=load.uid, till="2") == (200, load.uid)

    load.refresh_from_db()
    assert (load.tills, load.state) == ({"1": READY, "2": "STATUS_ERROR"}, "sent")
    assert ExchangeSession.objects.get(operation="cashLoad").error.startswith("Till 2 ")


def test_nobody_is_asked_within_a_transaction(server, monkeypatch):
    priced(server.equipment.rule)
    depth, seen, real = len(connection.savepoint_ids), [], artix_sending.outside.call

    def call(asked):
        seen.append(len(connection.savepoint_ids))
        return real(asked)

    monkeypatch.setattr(artix_sending.outside, "call", call)
    send(server)

    assert seen == [depth]


def test_old_loads_are_forgotten_but_for_the_last(server):
    priced(server.equipment.rule)
    say("STATUS_ERROR", load=send(server).uid)
    last = send(server, NOW + timedelta(hours=2))

    assert artix_states.forget_old(now=NOW + timedelta(days=30)) == 1
    assert ArtixLoad.objects.get() == last


class TestPage:
    @pytest.fixture
    def client(self):
        return signed_in(UserFactory(merchandiser=True))

    def shown(self, client, server):
        return client.get(page("exchange_equipment_change", server.equipment.pk))

    def enter(self, client, server, **fields):
        changes = {f"artix_server-0-{name}": value for name, value in {"password": "", **fields}.items()}
        form = form_of(self.shown(client, server), **changes)
        return client.post(page("exchange_equipment_change", server.equipment.pk), form)

    def test_the_password_is_kept_never_shown_and_goes_to_no_other_address(self, client, server):
        assert 'value="secret"' not in self.shown(client, server).content.decode()

        kept = self.enter(client, server, shop_code="80")
        moved = self.enter(client, server, address="http://127.0.0.2:80")

        assert (kept.status_code, moved.status_code) == (302, 200)
        assert "Enter the password anew" in text_of(moved)
        before = server.address
        server.refresh_from_db()
        assert (server.shop_code, server.password, server.address) == ("80", "secret", before)
        assert self.enter(client, server, address="http://127.0.0.2:80/", password="other word").status_code == 302
        server.refresh_from_db()
        assert (server.address, server.password) == ("http://127.0.0.2:80", "other word")
        told = json.dumps(list(Edit.objects.filter(model="exchange.artixserver").values_list("changes", flat=True)))
        assert "80" in told
        assert "other word" not in told

    @pytest.mark.parametrize(
        "fields",
        [{"address": "http://8.8.8.8:28080"}, {"address": "ftp://127.0.0.1"}, {"address": "http://127.0.0.1/?a"},
         {"shop_code": "a/b"}, {"shop_code": ""}, {"user": ""}],
    )  # fmt: skip
    def test_what_makes_no_sense_is_refused(self, client, server, fields):
        assert self.enter(client, server, **{"password": "word", **fields}).status_code == 200

    def test_the_page_says_how_the_last_load_went(self, client, server):
        priced(server.equipment.rule)
        assert "The cash server has been told nothing yet." in text_of(self.shown(client, server))
        load = send(server)
        say("STATUS_ERROR", load=load.uid, till="2")
        say("STATUS_ERROR", load=load.uid)

        shown = text_of(self.shown(client, server))

        assert "The cash server could not load it." in shown
        assert "Tills that have not loaded their goods: 2" in shown
        assert "Attempt 1; again not before" in shown
