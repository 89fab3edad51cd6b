"""Usage-based license tracking for barcode scanning in web apps.

Importing this package imports the core only: standard library, no I/O, no clock, no randomness. The license server
(``dlt_web.lts``), the test harness (``dlt_web.testing``) and the command line (``dlt_web.cli``) are imported by name.
"""

from .dedupe import DuplicateFilter

__all__ = ["DuplicateFilter", "__version__"]

__version__ = "0.1.0"
