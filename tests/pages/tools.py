"""Where scripts/setup puts the checks of the pages that are not Python's."""

from pathlib import Path

_MODULES = Path(__file__).parent.parent.parent / ".venv" / "npm" / "node_modules"
AXE = _MODULES / "axe-core" / "axe.min.js"
VNU = _MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
