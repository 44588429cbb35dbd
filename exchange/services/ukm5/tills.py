"""Which register a till of УКМ 5 is."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.models import Ukm5Store, Ukm5Till
from retail.exceptions import DomainError

PARTS = ("store__shop", "register__organization", "register__shop", "register__warehouse")


class UnknownTill(DomainError):
    """Nobody has said which register this is."""

    code = "ukm5_unknown_till"
    status = 400

    def __init__(self, store: str, pos: str) -> None:
        said = _("The back office does not know till %(pos)s of store %(store)s: name it there.")
        super().__init__(said % {"store": store[:100], "pos": pos[:50]})


class TillInactive(DomainError):
    code = "ukm5_till_inactive"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("The register is not active: a merchandiser switches it on in the back office."))


def find(*, store: str, numbers: tuple[str, ...], within: Ukm5Store | None) -> Ukm5Till | None:
    """Return the till that goes by one of these numbers, the first of them that is known, in a store called so.

    `within` is the store by whose secret, or in whose folder, it speaks: it may speak for no other.
    """
    if not all("\x00" not in name for name in (store, *numbers)):
        return None
    stores = Ukm5Store.objects.called(store)
    known = Ukm5Till.objects.filter(store__in=stores).select_related(*PARTS)
    if within is not None:
        known = known.filter(store=within)
    tills = list(known.filter(Q(number__in=numbers) | Q(inner_id__in=[name for name in numbers if name])))
    by_number = {till.number: till for till in tills}
    by_id = {till.inner_id: till for till in tills if till.inner_id}
    outer = next((by_number[name] for name in numbers[:1] if name in by_number), None)
    return outer or next((found for name in numbers[1:] if (found := by_id.get(name) or by_number.get(name))), None)


def speaking(*, store: str, pos: str, within: Ukm5Store | None) -> Ukm5Till:
    """Return the till that asks about stock. Raises `UnknownTill`, `TillInactive`."""
    till = find(store=store, numbers=(pos,), within=within)
    if till is None:
        raise UnknownTill(store, pos)
    if not till.register.active:
        raise TillInactive
    return till
