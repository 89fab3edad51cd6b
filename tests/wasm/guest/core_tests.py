"""Runs the core's tests in a Python that reads no file: what they need stands in ``GIVEN``, set by whoever runs this.

``GIVEN`` has ``sources``, path -> text of tests and their helpers, ``data``, path -> text of what they read, and
``library``, name -> byte-code, in base64, of modules of the standard library that the package does not import.
"""

import base64
import itertools
import json
import marshal
import re
import sys
import types
from _frozen_importlib import ModuleSpec

GIVEN: dict[str, dict[str, str]] = globals()["GIVEN"]


class GivenModules:
    """Finds modules among what was given."""

    def find_spec(self, name, path=None, target=None):
        """Find one by its full name."""
        file = name.replace(".", "/")
        if f"{file}.py" in GIVEN["sources"]:
            return ModuleSpec(name, self, origin=f"{file}.py")
        if name in GIVEN["library"]:
            return ModuleSpec(name, self, origin=name, is_package=name == "importlib")
        if any(source.startswith(f"{file}/") for source in GIVEN["sources"]):
            return ModuleSpec(name, self, origin=file, is_package=True)
        return None

    def create_module(self, spec):
        """Leave it to Python."""

    def exec_module(self, module):
        """Run its code."""
        origin = module.__spec__.origin
        module.__file__ = origin
        if origin in GIVEN["sources"]:
            exec(compile(GIVEN["sources"][origin], origin, "exec"), vars(module))
        elif origin in GIVEN["library"]:
            exec(marshal.loads(base64.b64decode(GIVEN["library"][origin])[16:]), vars(module))


class GivenPath:
    """As much of ``pathlib.Path`` as is asked of the data."""

    def __init__(self, path):
        self._path = str(path)

    parent = property(lambda self: GivenPath(self._path.rpartition("/")[0]))
    parents = property(lambda self: [self.parent, self.parent.parent, self.parent.parent.parent])
    name = property(lambda self: self._path.rpartition("/")[2])
    stem = property(lambda self: self.name.rpartition(".")[0])

    def __truediv__(self, name):
        return GivenPath(f"{self._path}/{name}")

    def __lt__(self, other):
        return self._path < other._path

    def read_text(self, **_):
        """Give the content."""
        return GIVEN["data"][self._path]

    def glob(self, pattern):
        """Give what lies in this folder."""
        start, end = f"{self._path}/{pattern}".split("*")
        return [GivenPath(path) for path in GIVEN["data"] if path.startswith(start) and path.endswith(end)]


class Raises:
    """``pytest.raises``."""

    def __init__(self, expected, match=None):
        self._expected, self._match, self.value = expected, match, None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, tb):
        assert error is not None, f"{self._expected} was not raised"
        if not isinstance(error, self._expected):
            return False
        self.value = error
        assert self._match is None or re.search(self._match, str(error)), f"{error} does not match {self._match}"
        return True


class Case(tuple):
    """The values of one case."""


def param(*values, **_):
    """Give the values of one case, as ``pytest.param``."""
    return Case(values)


def parametrize(names, values, ids=None):
    """Note the cases of a test, as ``pytest.mark.parametrize``."""
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    rows = [value if isinstance(value, Case) else Case(value if len(names) > 1 else [value]) for value in values]
    cases = [dict(zip(names, row, strict=True)) for row in rows]

    def mark(test):
        test.cases = [*getattr(test, "cases", []), cases]
        return test

    return mark


def lines_of(error):
    """Say where an error came from."""
    step = error.__traceback__
    while step is not None:
        yield f"{step.tb_frame.f_code.co_filename}:{step.tb_lineno}"
        step = step.tb_next


def run_all():
    """Run every test of every file; return how many passed, and how the others failed."""
    passed, failures, files = 0, [], []
    for file in sorted(GIVEN["sources"]):
        if not file.rpartition("/")[2].startswith("test_"):
            continue
        files.append(file)
        name = file.removesuffix(".py").replace("/", ".")
        __import__(name)
        module = sys.modules[name]
        for name, test in [*vars(module).items()]:
            if not name.startswith("test_") or not callable(test):
                continue
            for case in itertools.product(*getattr(test, "cases", [])):
                try:
                    test(**{key: value for part in case for key, value in part.items()})
                    passed += 1
                except BaseException as error:
                    failures.append(f"{file}::{name} {case}: {error!r} at {' '.join(lines_of(error))}")
    return {"passed": passed, "failures": failures, "files": files}


sys.meta_path.append(GivenModules())
stand_in = types.ModuleType("pytest")
vars(stand_in).update(raises=Raises, param=param, mark=types.SimpleNamespace(parametrize=parametrize))
paths = types.ModuleType("pathlib")
paths.Path = GivenPath
sys.modules.update(pytest=stand_in, pathlib=paths)
# The picture's were taken away: a page makes no class of this kind any more.
import ast  # noqa: E402
import dataclasses  # noqa: E402
import inspect  # noqa: E402

dataclasses.inspect = inspect
sys.modules["annotationlib"].ast = ast
print(json.dumps({"platform": sys.platform, "python": sys.version.split()[0], **run_all()}))
