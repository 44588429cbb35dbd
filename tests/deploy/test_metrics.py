"""The board and the alerts speak of figures that there are."""

import json
import re

import pytest
import yaml
from prometheus_client import REGISTRY

from config import metrics, middleware  # noqa: F401  what tasks and requests are counted by
from exchange.services import gauges
from exchange.services.waiting import metrics as waiting  # noqa: F401  what the long poll is counted by
from launch.paths import ROOT

PLACE = ROOT / "deploy"
NAME = re.compile(r"\b(?:prilavok|http)_\w+")
PART = re.compile(r"_(?:total|bucket|count|sum)$")


def counted():
    own = {metric.name for metric in REGISTRY.collect() if NAME.match(metric.name)}
    return own | set(gauges.HELP)


def of_rules():
    rules = yaml.safe_load((PLACE / "prometheus" / "rules.yml").read_text())
    return {rule["alert"]: rule["expr"] for group in rules["groups"] for rule in group["rules"]}


def of_board():
    board = json.loads((PLACE / "grafana" / "prilavok.json").read_text())
    return {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in board["panels"]
        for target in panel.get("targets", [])
    }


@pytest.mark.parametrize("expressions", [of_rules(), of_board()], ids=["rules", "board"])
def test_every_figure_that_is_asked_for_is_counted(expressions):
    asked = {PART.sub("", name) for expression in expressions.values() for name in NAME.findall(expression)}

    assert asked - counted() == set()


def test_every_figure_of_the_chain_is_on_the_board_or_in_a_rule():
    shown = " ".join([*of_rules().values(), *of_board().values()])
    unshown = {name for name in gauges.HELP if not re.search(rf"\b{name}\b", shown)}

    assert unshown == {"prilavok_balances_below_zero"}  # A shop's daily bread, and the home page's.


def test_every_figure_that_is_read_has_words():
    read = set(re.findall(r"'(prilavok_\w+)'", gauges.CHAIN.sql))

    assert read <= set(gauges.HELP)
