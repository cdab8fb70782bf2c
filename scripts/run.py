"""What scripts/run does once everything is installed: serve the configured drop, or a trial where none is."""

import argparse
import sys
from pathlib import Path

from dropbox import config
from dropbox.errors import ConfigError
from dropbox.server import trial, wiping
from dropbox.server.commands.serve import loopback
from dropbox.server.main import in_plain_words, serve_in_foreground

ROOT = Path(__file__).resolve().parent.parent
TRIAL_LOCAL = ("127.0.0.1", 8080)
_TRIAL = """
This is a TRIAL DROP. No desk is configured, so one was made with a key of its
own in {data}/trial.

1. Write a report at {site}/ and keep the seven words.
2. In a second terminal, in this same folder, fetch the report and read it.
   CASE is an id that `cases` shows, or a name between quotation marks:

  export GNUPGHOME={data}/trial/gnupg
  {server} export --config {config} --desk {desk} pickup-1.tar
  {workstation} init --vault {data}/trial/vault
  {workstation} import pickup-1.tar --vault {data}/trial/vault
  {workstation} cases --vault {data}/trial/vault
  {workstation} read CASE --vault {data}/trial/vault

3. Write an answer into answer.txt and send it back:

  {workstation} reply CASE --text-file answer.txt --vault {data}/trial/vault
  {workstation} export answer-1.tar --vault {data}/trial/vault
  {server} import answer-1.tar --config {config}

4. Come back at {site}/return with the seven words.

For a real drop: copy config.example.toml to config.toml, put the investigators'
public keys into keys/, remove the trial's folder ({data}), and run this again.
"""


def main() -> int:
    options = _parser().parse_args()
    return in_plain_words(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    chosen: Path = options.config or ROOT / "config.toml"
    has_desk = config.names_a_desk(chosen)
    if options.trial and has_desk:
        raise ConfigError("--trial", "is only for where no desk is configured; leave it out to serve the real drop")
    if options.trial or (options.config is None and not has_desk):
        return _run_trial(options)
    settings = config.load(chosen)
    if options.data is not None and options.data.resolve() != settings.server.data_dir.resolve():
        raise ConfigError("--data", "differs from server.data_dir of the configuration; leave one of them out")
    return serve_in_foreground(settings, options.local)


def _run_trial(options: argparse.Namespace) -> int:
    data = (options.data or ROOT / "data").resolve()
    made = trial.prepare(data, publish=options.trial)
    local = options.local or TRIAL_LOCAL
    _explain(made, data, local)
    return serve_in_foreground(config.load(made, trial=True), local)


def _explain(made: Path, data: Path, local: tuple[str, int]) -> None:
    commands = ROOT / ".venv" / "bin"
    text = _TRIAL.format(
        server=_short(commands / "dropbox-server"),
        workstation=_short(commands / "dropbox-workstation"),
        site=f"http://{local[0]}:{local[1]}",
        data=_short(data),
        config=_short(made),
        desk=trial.DESK,
    )
    print(text, flush=True)


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/run", description="Start the drop; Ctrl-C ends it.")
    parser.add_argument("--local", type=loopback, metavar="HOST:PORT", help="also listen on this loopback address")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder (a trial's default: data)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration (default: config.toml)")
    parser.add_argument("--trial", action="store_true", help="a trial drop that also gets an onion address")
    return parser


if __name__ == "__main__":
    wiping.start_anew()
    sys.exit(main())
