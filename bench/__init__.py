"""Measures the product over HTTP against the limit its database sets (docs/performance.md). Run by script/bench."""
