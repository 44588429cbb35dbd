import pytest

from retail.models import Constants


@pytest.fixture(autouse=True)
def _cards_are_on(request):
    """Both switches of the constants, on."""
    request.getfixturevalue("transactional_db" if _commits(request) else "db")
    Constants.objects.update(discount_cards=True, online_registers=True)


def _commits(request):
    marked = request.node.get_closest_marker("django_db")
    return bool(marked and marked.kwargs.get("transaction"))
