from exchange.admin.loads import RegisterLoadAdmin
from exchange.admin.registers import LoadableRegisterAdmin
from exchange.admin.ukm5 import Ukm5StoreAdmin

__all__ = ["LoadableRegisterAdmin", "RegisterLoadAdmin", "Ukm5StoreAdmin"]
