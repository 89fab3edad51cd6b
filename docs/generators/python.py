"""The Python reference: Sphinx reads it from the docstrings of what is public."""

from __future__ import annotations

import re
from pathlib import Path

import dlt_web.testing

PAGE = """# Python reference

What of it a version may change is told in [compatibility](../compatibility.md#what-is-an-interface).

## The counting rule

`import dlt_web` gives the rule by which scans are counted, without a browser, a server or a file.

```{{eval-rst}}
.. automodule:: dlt_web
   :members:
   :imported-members:
```

## Errors

```{{eval-rst}}
.. automodule:: dlt_web.errors
   :members:
   :member-order: bysource
   :show-inheritance:
   :exclude-members: shown
```

## Editions on CPython

`pip install "dlt-web[host]"`; [how to use them](../host.md).

```{{eval-rst}}
.. automodule:: dlt_web.host
   :members:
   :imported-members:
   :inherited-members: BaseException
   :exclude-members: ClosedError, DltError, LicenseError, OptionError, ScanError
```

## The test harness

`pip install "dlt-web[testing]"`; [the fixtures by example](../qa.md).

```{{eval-rst}}
.. automodule:: dlt_web.testing
```

{modules}
"""
MODULE = """### `{name}`

```{{eval-rst}}
.. automodule:: dlt_web.testing.{name}
   :members:
   :member-order: bysource
```
"""


def python_reference() -> str:
    """Return the page."""
    words = dict.fromkeys(re.findall(r"\w+", dlt_web.testing.__doc__ or ""))
    folder = Path(dlt_web.testing.__file__).parent
    # The modules that the package names, in its order. The fixtures are told in docs/qa.md, and what they give in
    # fixture_types.
    modules = [word for word in words if (folder / f"{word}.py").is_file()] + ["webkit.context"]
    return PAGE.format(modules="\n".join(MODULE.format(name=name) for name in modules))
