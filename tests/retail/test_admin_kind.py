"""What of an item is chosen once."""

import pytest
from django.urls import reverse

from tests.factories.retail import SkuFactory

pytestmark = pytest.mark.django_db


def test_a_person_chooses_once_whether_an_item_is_goods_or_a_service(admin_client):
    item = SkuFactory().item

    adding = admin_client.get(reverse("admin:retail_item_add")).content.decode()
    changing = admin_client.get(reverse("admin:retail_item_change", args=[item.pk])).content.decode()

    assert 'name="kind"' in adding
    assert 'name="kind"' not in changing
