"""Bakes a Python that has already imported our package into one WebAssembly module."""
