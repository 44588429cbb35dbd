from exchange.models.loads import RegisterLoad, RegisterLoadLine
from exchange.models.ukm5 import Ukm5Store, Ukm5Till, Ukm5Unclaimed

__all__ = ["RegisterLoad", "RegisterLoadLine", "Ukm5Store", "Ukm5Till", "Ukm5Unclaimed"]
