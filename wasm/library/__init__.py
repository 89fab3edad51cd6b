"""The standard library of the runtime in reserve: as much of it as a page imports."""
