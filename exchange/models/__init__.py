from exchange.models.loads import RegisterLoad, RegisterLoadLine

__all__ = ["RegisterLoad", "RegisterLoadLine"]
