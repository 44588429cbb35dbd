"""A crowd of registers in one process: some sell, the rest of the same warehouses listen, and everything is timed."""
