"""A trial drop: a key and a configuration made on the spot under DATA/trial, for somebody who wants to see it work.

A trial's secret key lies beside the sealed items, so it protects nobody. The store is stamped trial for ever and
refuses real desks; this room makes sure that it starts only in a folder that is new or a trial's already.
"""

from pathlib import Path

from dropbox.errors import StartRefused
from dropbox.gpg import Gpg
from dropbox.models import Fingerprint
from dropbox.server import private

DESK = "trial"

_CONFIG = """\
# Made for a trial: its desk's secret key lies in {home} beside it. Never take a real report with it.
keys_dir = "keys"

[organisation]
name = "Trial drop"
languages = ["nl", "en", "de", "fr", "ar"]

[server]
data_dir = ".."

[onion]
mode = "{mode}"

[[desk]]
id = "{desk}"
name.nl = "Proefloket"
name.en = "Trial desk"
name.de = "Probestelle"
name.fr = "Équipe d’essai"
name.ar = "جهة تجريبية"
about.nl = "Bestaat alleen om te proberen: wie deze machine heeft, kan alles lezen."
about.en = "Exists to try things out: whoever has this machine can read everything."
about.de = "Gibt es nur zum Ausprobieren: Wer diesen Rechner hat, kann alles lesen."
about.fr = "N’existe que pour l’essai\u00a0: qui a cette machine peut tout lire."
about.ar = "للتجربة فقط: من يملك هذا الجهاز يمكنه قراءة كل شيء."
fingerprints = ["{fingerprint}"]

[[question]]
id = "what"
text.nl = "Wat is er gebeurd?"
text.en = "What happened?"
text.de = "Was ist geschehen?"
text.fr = "Que s’est-il passé\u00a0?"
text.ar = "ماذا حدث؟"

[[question]]
id = "when"
text.nl = "Wanneer was dat?"
text.en = "When was that?"
text.de = "Wann war das?"
text.fr = "C’était quand\u00a0?"
text.ar = "متى كان ذلك؟"
"""


def prepare(data_dir: Path, *, publish: bool) -> Path:
    """Make or find the trial's key and configuration under `data_dir`; return the configuration's path.

    `publish` lets the trial have an onion address; otherwise it stays on loopback. Raises StartRefused when the folder
    holds anything that is not a trial's.
    """
    folder = data_dir / "trial"
    home, keys = folder / "gnupg", folder / "keys"
    try:
        if not folder.exists() and data_dir.exists() and any(data_dir.iterdir()):
            held = "a drop that is no trial" if (data_dir / "store.sqlite").exists() else "other things"
            raise StartRefused(f"{data_dir}: the folder holds {held}.", "Name a new folder with --data.")
        private.make_folder(data_dir, "the data folder")
        for each in (folder, home, keys):
            each.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        hint = "Name a folder that is yours, or a new one in such a folder: --data DIR"
        raise StartRefused(f"{data_dir}: a trial cannot be made there ({error.strerror})", hint) from None
    fingerprint = _key(home, keys)
    config = folder / "config.toml"
    mode = "launch" if publish else "off"
    text = _CONFIG.format(home=home.name, mode=mode, desk=DESK, fingerprint=fingerprint)
    config.write_text(text, encoding="utf-8")
    return config


def is_trial(config: Path, data_dir: Path) -> bool:
    """Tell whether a configuration is the one that `prepare` made for this data folder."""
    return config.resolve() == (data_dir / "trial" / "config.toml").resolve()


def _key(home: Path, keys: Path) -> Fingerprint:
    gpg = Gpg(home, agent=True)
    found = gpg.secret_keys()
    fingerprint = found[0].fingerprint if found else gpg.make_trial_key("Trial desk")
    (keys / "trial.asc").write_bytes(gpg.export_key(fingerprint))
    return fingerprint
