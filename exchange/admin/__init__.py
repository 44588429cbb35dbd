from exchange.admin.loads import RegisterLoadAdmin
from exchange.admin.registers import LoadableRegisterAdmin

__all__ = ["LoadableRegisterAdmin", "RegisterLoadAdmin"]
