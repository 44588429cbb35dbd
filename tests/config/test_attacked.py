"""Every service of both APIs, asked what schemathesis makes of its description: right, and wrong on purpose.

A longer run of the same, on a server of one's own: docs/operations.md, "Attacked on purpose".
"""

import json
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from retail.api.throttles import Throttle
from retail.models import Constants
from tests.config.everything import make_some
from tests.exchange.conftest import Till
from tests.factories.registers import RegisterFactory
from tests.retail.programs import Program

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FEW = settings(
    max_examples=2,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
OPEN = {"pair", "tell_upload_by_hook", "tell_upload_by_hook_post"}  # A code, or the address, says who asks.
# One is served elsewhere, one ends the token that the rest asks with; and movements of the tests' own hang on a draft
# of a goods receipt, as none of the product's do.
KEPT = {"wait", "rotate_token", "goods_receipts_destroy"}


@pytest.fixture(scope="module")
def operations():
    generated = SchemaGenerator().get_schema(request=None, public=True)
    described = json.loads(json.dumps(generated, default=str))
    found = [result.ok() for result in schemathesis.openapi.from_dict(described).get_all_operations()]
    return [one for one in found if one.definition.raw["operationId"] not in KEPT]


@pytest.fixture
def askers(monkeypatch):
    """A client and a token for each API, of a chain that has something of everything."""
    monkeypatch.setattr(Throttle, "allow_request", lambda *args: True)
    make_some()
    Constants.objects.update(discount_cards=True, online_registers=True)
    program, till = Program(), Till(RegisterFactory())
    return {"/api/": (program.client, program.token), "/kkm/": (till.client, till.token)}


def ask(askers, case, *, signed):
    client, token = askers[case.operation.path[:5]]
    path = case.operation.path
    for name, value in (case.path_parameters or {}).items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    query = urlencode(case.query or {}, doseq=True, errors="replace")
    known = isinstance(case.body, dict | list | str | int | float | bool | None)
    sent = json.dumps(case.body).encode() if known and case.media_type else b""
    headers = {"Authorization": f"Bearer {token}"} if signed else {}
    return client.generic(
        case.operation.method.upper(), path, sent, content_type="application/json", query_string=query, headers=headers
    )


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_nothing_that_is_asked_is_an_accident_or_answered_to_a_stranger(operations, askers, mode):
    accidents = []

    def attack(operation):
        @seed(9)
        @FEW
        @given(case=operation.as_strategy(generation_mode=mode))
        def told(case):
            answer = ask(askers, case, signed=True)
            if answer.status_code >= 500:
                accidents.append((operation.label, answer.status_code, case.path_parameters, case.query, case.body))
            stranger = ask(askers, case, signed=False)
            if stranger.status_code not in {400, 401, 404, 405, 411, 413, 415} and name not in OPEN:
                accidents.append((operation.label, "a stranger", stranger.status_code))

        name = operation.definition.raw["operationId"]
        told()

    for operation in operations:
        attack(operation)

    assert accidents == []
