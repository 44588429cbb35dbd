from exchange.admin.loads import RegisterLoadAdmin
from exchange.admin.registers import LoadableRegisterAdmin
from exchange.admin.sessions import ExchangeSessionAdmin
from exchange.admin.ukm5 import Ukm5StoreAdmin
from exchange.admin.ukm5_unclaimed import Ukm5UnclaimedAdmin

__all__ = ["ExchangeSessionAdmin", "LoadableRegisterAdmin", "RegisterLoadAdmin", "Ukm5StoreAdmin", "Ukm5UnclaimedAdmin"]
