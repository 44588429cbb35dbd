"""KKMTransfer: our own HTTP+JSON dialect (docs/integrators.md)."""
