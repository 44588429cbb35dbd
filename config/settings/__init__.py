"""production is the default; development is for script/server, test for pytest."""
