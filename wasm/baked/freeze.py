"""Imports what runs in the page, forgets what only importing needed, and says where the one function lies.

Runs in the Python whose picture is taken right after. No file can be read from then on, so whatever is ever imported
has to be imported here.
"""

import gc
import linecache
import re
import sys
import zipimport

sys.path.insert(0, "/dlt_web.whl")

import dlt_web.browser

print(f"handle {id(dlt_web.browser.handle)}")
sys.stdout.flush()

sys.path.clear()
sys.path_importer_cache.clear()
zipimport._zip_directory_cache.clear()  # type: ignore[attr-defined]
linecache.clearcache()
re.purge()
gc.collect()
