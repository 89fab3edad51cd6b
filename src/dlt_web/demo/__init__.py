"""``dlt-web demo``: the page on two sites and a real license tracking server, in one process. It stays at home.

::

    server   both servers on their ports, from start to Ctrl-C
    page     the page's web server: files, settings, what was counted, purge, release
    guard    which hosts are answered, and the security headers
    codes    the handshake codes and the license items behind them
    usage    reads the license server's store for the page

The page itself is ``web/index.html`` and ``web/demo/``.
"""

from .server import default_data_folder, run

__all__ = ["default_data_folder", "run"]
