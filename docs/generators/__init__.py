"""Makes the docs site: ``site`` lays the pages and the references out, and runs Sphinx over them.

Each reference is made from the code it speaks of, at every build: ``http`` from the server's OpenAPI description,
``javascript`` from the declarations of the JavaScript interface, ``python`` and ``commands`` name what Sphinx reads
from docstrings and from the command line, ``errors`` from the table of error codes. ``dependencies`` draws the picture
of docs/architecture.md from the imports. ``text`` is what they share.
"""
