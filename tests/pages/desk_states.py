"""Every page and state of the desk page: a new one is one line here.

Whatever goes over pages (axe, the HTML checker, zoom, pictures) goes over all of these in both languages.
test_desk_pages.py fails when a template is in none of them.
"""

from __future__ import annotations

from tests.pages import desk_ways as ways
from tests.pages.desk_vaults import HOSTILE
from tests.pages.desk_ways import Make, at, case, draft, found, key_chosen, on_case, sent

SAME: set[str] = set()
"""States that are one page by design."""

TELLING = "Call Jan Jansen on 06 12345678 or write to jan@example.org.\nIt was on 3 March, at the Kerkstraat 12."

STATES: dict[str, Make] = {
    # --- the cases ---
    "cases": at("/"),
    "cases-none@fresh": at("/"),
    "cases-found": found(mandate="listen"),
    "cases-not-found": found(words="nobody wrote this"),
    "cases-hostile-words": found(words=HOSTILE),
    "cases-unsealed": ways.unsealed,
    "cases-sorted": at("/?sort=mandate"),
    "cases-alarmed@alarmed": at("/"),
    "cases-unconfirmed@unconfirmed": at("/"),
    "cases-trial@trial": at("/"),
    # --- one case ---
    "case": case("advise"),
    "case-listen": case("listen"),
    "case-investigate": case("investigate"),
    "case-narrowed": case("narrowed"),
    "case-withdrawn": case("withdrawn"),
    "case-hostile": case("hostile"),
    "case-late": case("late"),
    "case-both": case("both"),
    "case-long": case("long"),
    "case-worked": on_case("advise", "/work", {"state": "waiting", "tags": "urgent, region north"}),
    "case-work-refused": on_case("advise", "/work", {"tags": "x" * 50}),
    "case-work-nothing": on_case("late", "/work", {}),
    "case-save-refused": on_case("advise", "/save", {"folder": "not whole"}),
    "case-saved": ways.saved("advise"),
    "case-print": on_case("advise", "/print", {}),
    "case-begun": ways.begun("advise"),
    "narrowed": at("/narrowed"),
    # --- a file ---
    "view-picture": lambda room: room.view("advise", 1),
    "view-pages": lambda room: room.view("advise", 2, "?page=2"),
    "view-text": lambda room: room.view("advise", 3),
    "view-not-what-it-says": lambda room: room.view("advise", 4),
    "view-damaged": lambda room: room.view("advise", 5),
    "view-empty": lambda room: room.view("advise", 6),
    "view-archive": lambda room: room.view("investigate", 2),
    "view-sealed": lambda room: room.view("investigate", 3),
    "view-unsealed": ways.seal_opened(3),
    "view-own-item": lambda room: room.view("investigate", 4),
    "view-own-item-within": ways.seal_opened(5, times=2),
    "view-hostile": lambda room: room.view("hostile", 1),
    # --- writing ---
    "reply": case("listen", "/reply"),
    "reply-letter": on_case("listen", "/reply", {"letter": "acknowledge", "do": "letter"}, of="/reply"),
    "reply-ask": case("listen", "/reply?letter=ask"),
    "reply-file": on_case("listen", "/reply", {"text": "See this.", "do": "add"}, of="/reply", files=[ways.FILE]),
    "reply-empty": on_case("listen", "/reply", {"text": "", "do": "look"}, of="/reply"),
    "reply-too-long": on_case("listen", "/reply", {"text": "word " * 11_000, "do": "look"}, of="/reply"),
    "reply-look": draft("advise", "reply", "We have read it. Please come back in a week."),
    "reply-look-telling": draft("advise", "reply", TELLING, sign="Anna de Wit"),
    "reply-look-hostile": draft("advise", "reply", HOSTILE),
    "reply-look-later": ways.came_meanwhile,
    "reply-sealed": ways.sealed("advise", "reply"),
    "note": case("investigate", "/note"),
    "note-look": draft("listen", "note", TELLING),
    "note-sealed": ways.sealed("advise", "note"),
    "reply-unconfirmed@unconfirmed": draft("one", "reply", "We have read it."),
    # --- import, trust, export ---
    "import": at("/import"),
    "import-found@fresh": ways.bundle_found,
    "import-gap@alarmed": at("/import"),
    "import-nothing-chosen": sent("/import"),
    "import-no-file": sent("/import", {"path": "/nowhere/pickup.tar"}),
    "import-running": ways.import_running,
    "import-done": ways.imported,
    "import-done-again": ways.imported_again,
    "import-refused": ways.import_refused,
    "gap-explained@alarmed": sent("/import", {"because": "The operator lost a disk."}, to="/import/explain"),
    "gap-not-explained@alarmed": sent("/import", {"because": ""}, to="/import/explain"),
    "confirm@unconfirmed": at("/confirm"),
    "confirm-mistyped@unconfirmed": sent("/confirm", {"words": "zoom zoom"}),
    "confirm-differs@unconfirmed": sent("/confirm", {"words": "zoom " * 10}),
    "confirm-right@unconfirmed": ways.confirmed,
    "confirmed": at("/confirm"),
    "confirm-nothing@fresh": at("/confirm"),
    "roster@alarmed": at("/confirm/roster"),
    "roster-differs@alarmed": sent("/confirm/roster", {"words": "zoom " * 10}),
    "roster-same": at("/confirm/roster"),
    "export": at("/export"),
    "export-no-folder": sent("/export", {"folder": "other", "other": "/nowhere"}),
    "export-unconfirmed@unconfirmed": at("/export"),
    "exported": ways.exported,
    # --- the first start ---
    "start@none": at("/start"),
    "start@no-key": at("/start"),
    "start-key@none": at("/start/key"),
    "start-key@no-key": at("/start/key?words=7"),
    "start-key-weak@no-key": sent("/start/key", {"name": "Anna", "passphrase": "secret", "again": "secret"}),
    "start-key-no-name@no-key": sent("/start/key"),
    "start-files@none": key_chosen("/start/files"),
    "start-files-no-folder@none": key_chosen("/start/files", {"folder": "stick"}),
    "start-files-done@none": key_chosen("/start/files", {"folder": "HERE/stick"}),
    "start-backup@none": key_chosen("/start/backup"),
    "start-backup-odd@none": key_chosen("/start/backup", {"folder": "HERE", "shares": "2", "needed": "9"}),
    "start-share@none": ways.share,
    "start-try@none": ways.tried(),
    "start-try-wrong@none": ways.tried("zoom " * 33),
    "start-try-passphrase@none": ways.tried(0, 2),
    "start-try-done@none": ways.tried(0, 1, then={}),
    "start-folder@none": key_chosen("/start/folder"),
    "start-folder-taken@none": key_chosen("/start/folder", {"folder": "/usr"}),
    "start-words@none": ways.vault_made,
    "start-words-wrong@none": ways.wrong_words,
    "start-done@none": ways.all_set_up,
    "restore@none": at("/start/restore"),
    "restore-no-file@none": sent("/start/restore", {"file": "/nowhere.backup", "share": ""}),
    "restore-half@none": ways.restored(1),
    "restore-done@none": ways.restored(0, 2),
    "key": at("/key"),
    "key-no-folder": sent("/key", {"folder": ""}, to="/key/extend"),
    "key-extended": ways.extended,
    # --- refusals ---
    "refused-no-page": at("/nowhere"),
    "refused-no-case": at("/case/ffffffff"),
    "refused-stranger": ways.stranger,
    "refused-too-large@alarmed": ways.too_large,
}
"""How each state comes about. After an @ stands the kind of vault, where it is not the usual one."""
