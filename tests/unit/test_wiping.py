"""Memory that overwrites itself: nothing of what was freed stays, and who begins anew is still the same."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from dropbox.server import wiping

PROGRAM = """
import os, sys
from dropbox.server import wiping
wiping.start_anew()
print(os.getpid(), wiping.overwrites_freed(), sys.argv[1:], sys.flags.safe_path, bool(sys.flags.no_user_site))
print(sorted(name for name in os.environ if name.startswith(("PYTHON", "GLIBC_", "MALLOC"))))
"""


def run(folder: Path, *options: str, **environment: str) -> tuple[int, list[str]]:
    script = folder / "program.py"
    script.write_text(PROGRAM)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GLIBC_"))}
    command = [sys.executable, *options, str(script), "one", "two words"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean | environment)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    return process.pid, out.splitlines()


def test_beginning_anew_is_the_same_process_with_the_same_arguments(tmp_path: Path) -> None:
    pid, lines = run(tmp_path)
    assert lines == [f"{pid} True ['one', 'two words'] False False", "[]"]


def test_an_isolated_interpreter_is_not_opened_to_its_surroundings(tmp_path: Path) -> None:
    """The package's command begins with -IB, with which Python reads no variable at all."""
    for options in (["-IB"], ["-B", "-I"], ["-X", "utf8", "-I"], ["-W", "error", "-I"]):
        pid, lines = run(tmp_path, *options, PYTHONPATH=str(tmp_path), PYTHONSTARTUP="x")
        assert lines == [f"{pid} True ['one', 'two words'] True True", "[]"]


def test_what_somebody_else_asked_of_the_c_library_stays(tmp_path: Path) -> None:
    _, lines = run(tmp_path, GLIBC_TUNABLES="glibc.malloc.arena_max=2")
    assert lines[1] == "['GLIBC_TUNABLES']"
    assert " True [" in lines[0]


def test_a_process_that_was_asked_already_is_not_begun_a_second_time(tmp_path: Path) -> None:
    """Where the C library knows nothing of it, that would never end."""
    code = (
        "import os\n"
        "from dropbox.server import wiping\n"
        "os.execve = None\n"
        "wiping.overwrites_freed = lambda: False\n"
        "wiping.start_anew()\n"
    )
    subprocess.run([sys.executable, "-c", code], env=os.environ | wiping.ENVIRONMENT, check=True)


def test_ordinary_memory_is_not_taken_for_one_that_overwrites_itself() -> None:
    assert not wiping.overwrites_freed()


def test_options_of_the_interpreter_keep_their_meaning() -> None:
    assert wiping.again(["-IB", "/bin/x", "serve", "-I"]) == ["-PsB", "/bin/x", "serve", "-I"]
    assert wiping.again(["-E", "-m", "scripts.I"]) == ["-m", "scripts.I"]
    assert wiping.again(["-m", "Ex", "-E"]) == ["-m", "Ex", "-E"]
    assert wiping.again(["-W", "error", "-I", "-X", "dev", "x"]) == ["-W", "error", "-Ps", "-X", "dev", "x"]
    assert wiping.again(["-IWError", "-XE", "-"]) == ["-PsWError", "-XE", "-"]
    assert wiping.again(["--check-hash-based-pycs", "never", "-I"]) == ["--check-hash-based-pycs", "never", "-Ps"]
    assert wiping.again(["-Ic", "I", "-E"]) == ["-Psc", "I", "-E"]


def test_a_server_that_is_started_under_an_odd_name_starts_all_the_same(tmp_path: Path) -> None:
    root = Path(wiping.__file__).parents[2]
    code = f"import sys; sys.path[:0] = [{str(root)!r}, *{sys.path!r}]; from dropbox.server import wiping"
    for name in ("", "my-drop"):
        command = [name, "-c", f"{code}; wiping.start_anew()"]
        subprocess.run(command, executable=sys.executable, check=True, timeout=30)


def test_a_signal_ends_a_program_that_began_anew_as_before(tmp_path: Path) -> None:
    script = tmp_path / "waits.py"
    script.write_text(
        "import time\nfrom dropbox.server import wiping\nwiping.start_anew()\nprint(1, flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as out:
        assert out.readline() == b"1\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM
