"""What the tor on this machine is: its version, and whether it was built with the defence by proof of work."""

import shutil
import subprocess


def tor_version(binary: str) -> str | None:
    """Return the version of a tor binary such as `0.4.9.11`, or None where there is none."""
    path = shutil.which(binary)
    if path is None:
        return None
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    words = answer.split()
    return words[2].rstrip(".") if words[:2] == ["Tor", "version"] and len(words) > 2 else None


def has_proof_of_work(binary: str) -> bool:
    """Tell whether this tor was built with the proof-of-work defence."""
    path = shutil.which(binary)
    if path is None:
        return False
    answer = subprocess.run([path, "--list-modules"], capture_output=True, text=True, timeout=10, check=False).stdout
    return "pow: yes" in answer


def is_supported(version: str) -> bool:
    """Tell whether a tor's version is 0.4.8 or newer."""
    numbers = tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".") if part.isdigit())
    return numbers >= (0, 4, 8)
