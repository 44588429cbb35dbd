"""What exists: organizations, shops, warehouses, goods, prices. Knows no other app."""
