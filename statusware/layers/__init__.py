"""The five layers, one file each, and `guard.py`, which makes a layer from a check."""
