"""Lays each file of the bundle's down a second and a third time, compressed as browsers can ask for it."""
