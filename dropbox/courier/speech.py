"""What this command says, in English and in Dutch. English stands in the code; one table holds the Dutch.

A catalogue would be more than forty sentences need; a test holds that none is without its Dutch.
"""

import os
from collections.abc import Callable, Mapping

Say = Callable[[str], str]
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

DUTCH: Mapping[str, str] = {
    "Your key for the courier's door is in: {file}": "Uw sleutel voor de deur van de koerier staat in: {file}",
    "Give this to the operator. It is no secret:": "Geef dit aan de beheerder. Het is geen geheim:",
    "The operator types it behind --client-key, and gives you an address, a name and a passphrase.": (
        "De beheerder typt het achter --client-key, en geeft u een adres, een naam en een wachtzin."
    ),
    "Then see what to paste into Tor Browser: {command}": "Kijk daarna wat u in Tor Browser plakt: {command}",
    "Keep the file on this machine only. Lost, or read by somebody else: tell the operator, and make a new one.": (
        "Houd het bestand alleen op deze machine. Kwijt, of door een ander gelezen: zeg het de beheerder, en maak een"
        " nieuw."
    ),
    "Open the courier's address in Tor Browser. It asks for a key once; paste this:": (
        "Open het adres van de koerier in Tor Browser. Dat vraagt één keer om een sleutel; plak dit:"
    ),
    "It is secret: show it to nobody, and clear this screen afterwards.": (
        "Het is geheim: laat het niemand zien, en maak daarna dit scherm leeg."
    ),
    'Tick "Remember this key" only if this machine\'s disk is encrypted and nobody else uses it.': (
        "Vink “Deze sleutel onthouden” alleen aan als de schijf van deze machine versleuteld is en niemand anders haar"
        " gebruikt."
    ),
    "For a tor of your own: a line for a file NAME.auth_private in its ClientOnionAuthDir:": (
        "Voor een eigen tor: een regel voor een bestand NAAM.auth_private in zijn ClientOnionAuthDir:"
    ),
    "The public half, for the operator:": "De openbare helft, voor de beheerder:",
    "error": "fout",
    "hint": "tip",
    "interrupted": "onderbroken",
    "A key for the courier's onion service, made on your own online machine.": (
        "Een sleutel voor de onion-dienst van de koerier, op uw eigen online machine gemaakt."
    ),
    "make a new key": "maak een nieuwe sleutel",
    "say what to paste into Tor Browser": "zeg wat u in Tor Browser plakt",
    "the key's file; nothing is ever overwritten (default: {file})": (
        "het bestand van de sleutel; niets wordt overschreven (gewoonlijk: {file})"
    ),
    "the courier's address: also print a line for a tor of your own": (
        "het adres van de koerier: druk ook een regel af voor een eigen tor"
    ),
    "print one JSON document": "druk één JSON-document af",
    "There is a file of this name already. Nothing was changed.": (
        "Er is al een bestand met deze naam. Er is niets veranderd."
    ),
    "Give the new key another name; or see the key that is there: dropbox-courier show FILE": (
        "Geef de nieuwe sleutel een andere naam; of bekijk de sleutel die er is: dropbox-courier show BESTAND"
    ),
    "The file could not be written.": "Het bestand kon niet worden geschreven.",
    "Choose a folder of your own, with room in it.": "Kies een eigen map waarin plaats is.",
    "This file cannot be read, or is no key that `dropbox-courier key` made.": (
        "Dit bestand is niet te lezen, of is geen sleutel die `dropbox-courier key` maakte."
    ),
    "See that you named the right file. A key that is lost cannot be brought back: make a new one.": (
        "Kijk of u het goede bestand noemde. Een verloren sleutel komt niet terug: maak een nieuwe."
    ),
    "Others on this machine can read this file.": "Anderen op deze machine kunnen dit bestand lezen.",
    "Tell the operator and make a new key: whoever read it can stand before the courier's door.": (
        "Zeg het de beheerder en maak een nieuwe sleutel: wie hem las, kan voor de deur van de koerier staan."
    ),
    "This is no onion address.": "Dit is geen onion-adres.",
    "It has 56 letters and digits, then .onion, as the operator gave it to you. Look for a slip.": (
        "Het heeft 56 letters en cijfers, dan .onion, zoals de beheerder het u gaf. Zoek een schrijffout."
    ),
}


def from_environment(environment: Mapping[str, str] | None = None) -> Say:
    """Return what says a sentence in the language of the terminal's locale: Dutch, or else English."""
    asked = os.environ if environment is None else environment
    locale = next((asked[name] for name in _VARIABLES if asked.get(name)), "")
    return _in_dutch if locale.lower().startswith("nl") else str


def _in_dutch(sentence: str) -> str:
    return DUTCH.get(sentence, sentence)
