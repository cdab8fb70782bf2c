"""Showing a case to others, step by step: what is shown, which passages not, whose names become letters, who reads it.

The plan is in memory only until it is sealed. What is shown in the end, and the question to the reporter, have a room
of their own.
"""

from dataclasses import replace

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from dropbox.envelope import AskKind
from dropbox.errors import DropboxError, InvalidValue, PlanOutdated
from dropbox.workstation import consent
from dropbox.workstation.desk_site.case import case_part
from dropbox.workstation.desk_site.disclose_place import Place
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.disclosure import kept, readers
from dropbox.workstation.disclosure.beginning import marked_persons, require_standing
from dropbox.workstation.disclosure.gathering import Part
from dropbox.workstation.disclosure.plan import MAX_SPELLINGS, FileHow, ItemChoice
from dropbox.workstation.disclosure.proposals import is_covered, proposed_persons, proposed_phrases
from dropbox.workstation.disclosure.stretches import cuts_of, stretches
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.speech import LANGUAGES, N_, _
from dropbox.workstation.vault import Vault

pages = Blueprint("disclose", __name__)

SEPARATOR = ";"
HOWS = (
    (FileHow.OUT, N_("do not show it")),
    (FileHow.REDRAWN, N_("draw it anew for the open part; the file itself goes into the annex")),
    (FileHow.ANNEX, N_("annex only, as it came")),
)


@case_part
def disclose_part(vault: Vault, shown: ReadCase) -> dict[str, object]:
    """Give the case page what `_case_disclose.html` shows: how often a pack was made, and what was asked."""
    accounts = [each.detail.account for each in shown.records if each.detail is not None]
    asked = [each for each in consent.asks_of(vault.casebook, shown.case.case) if each.ask.kind is AskKind.DISCLOSE]
    return {
        "disclosed": [each.disclosed for each in accounts if each is not None and each.disclosed is not None],
        "disclose_asked": asked,
        "disclose_begun": this_desk().plans.get(shown.case.case) is not None,
    }


# --- what is shown ------------------------------------------------------------------------------------------------


@pages.get("/case/<case>/disclose")
def items(case: str) -> Page:
    """Show the items and files of a case, and the plans that are kept."""
    return _items(case, Form())


@pages.post("/case/<case>/disclose")
def choose_items(case: str) -> Page | Response:
    form = Form()
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        chosen = set(request.form.getlist("item"))
        if not chosen:
            form.errors["item"] = _("Choose at least one item.")
            return _items(case, form)
        code, days = form.choice("language", LANGUAGES), bool(form.text("days"))
        plan = replace(place.with_items(chosen), language=code, days=days)
        place.keep(plan.with_items(_with_files(form, each) for each in plan.items))
        return go(f"{place.path}/text")


@pages.post("/case/<case>/disclose/take")
def take_kept(case: str) -> Page | Response:
    """Go on with a plan that is kept in a note."""
    form = Form()
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        try:
            found = kept.find_plan(vault, place.shown, form.text("plan"))
        except DropboxError as error:
            form.refuse("", error)
            return _items(case, form)
        place.keep(found.plan)
        for key in found.keys:
            this_desk().plans.add_key(found.plan.case, key)
        return go(f"{place.path}/look")


@pages.post("/case/<case>/disclose/forget")
def forget(case: str) -> Response:
    """Throw the plan away that is in memory."""
    with this_desk().reading() as vault:
        found = vault.casebook.find_case(case).case
    this_desk().plans.drop(found)
    say(_("The plan is thrown away. What was sealed stays."))
    return go(f"/case/{found}")


def _items(case: str, form: Form) -> Page:
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        asked = {each.ask.plan: each for each in consent.asks_of(vault.casebook, place.shown.case.case)}
        return show(
            "disclose_items.html",
            form=form,
            **place.around(""),
            showable=place.showable,
            hows=HOWS,
            types=place.drawable,
            kept=kept.kept_plans(vault, place.shown),
            asked=asked,
        )


def _with_files(form: Form, choice: ItemChoice) -> ItemChoice:
    """Return an item with what the form says of its files; one that is no longer redrawn has no boxes."""
    hows = {
        each.number: FileHow(form.choice(f"file-{choice.item}-{each.number}", [how.value for how, _title in HOWS]))
        for each in choice.files
    }
    files = tuple(
        replace(each, how=hows[each.number], boxes=each.boxes if hows[each.number] is FileHow.REDRAWN else ())
        for each in choice.files
    )
    return replace(choice, files=files)


# --- passages -----------------------------------------------------------------------------------------------------


@pages.get("/case/<case>/disclose/text")
def passages(case: str) -> Page | Response:
    """Show each sentence of the chosen items, to be left out or not."""
    return _passages(case, None)


@pages.post("/case/<case>/disclose/text")
def choose_passages(case: str) -> Page | Response:
    form = Form()
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        parts = place.parts
        typed = [*form.text("phrases").split("\n"), *request.form.getlist("add")]
        phrases = [each for each in typed if each.strip()]
        plan = place.plan.with_items(_with_cuts(each) for each in parts)
        place.keep(plan)
        try:
            require_standing(phrases, [each.text for each in parts])
            place.keep(plan.with_phrases(phrases))
        except InvalidValue:
            form.errors["phrases"] = _("That is too much, or too long. One phrase a line.")
        except DropboxError as error:
            form.refuse("phrases", error)
        if form.refused:
            return _passages(case, form)
        return go(f"{place.path}/text" if form.text("do") == "add" else f"{place.path}/names")


def _with_cuts(part: Part) -> ItemChoice:
    pieces = stretches(part.text, part.choice.cuts)
    chosen = [
        int(each) for each in request.form.getlist(f"cut-{part.choice.item}") if each.isascii() and each.isdigit()
    ]
    return replace(part.choice, cuts=cuts_of(pieces, chosen))


def _passages(case: str, form: Form | None) -> Page | Response:
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        try:
            parts = place.parts
        except PlanOutdated as error:
            return _outdated(place, error)
        return show(
            "disclose_text.html",
            form=form or Form(phrases="\n".join(place.plan.phrases)),
            **place.around("/text"),
            parts=[(each, stretches(each.text, each.choice.cuts)) for each in parts],
            redrawn=[(each, file, choice) for each in parts for choice, file in each.files(FileHow.REDRAWN)],
            proposed=proposed_phrases([each.text for each in parts], place.plan.phrases),
        )


def _outdated(place: Place, error: DropboxError) -> Response:
    """Begin anew where the case is no longer what the plan was made of."""
    this_desk().plans.drop(place.shown.case.case)
    say(str(error))
    return go(place.path)


# --- names --------------------------------------------------------------------------------------------------------


@pages.get("/case/<case>/disclose/names")
def names(case: str) -> Page | Response:
    """Show whose names become letters, and which further ones are pointed at."""
    return _names(case, None)


@pages.post("/case/<case>/disclose/names")
def choose_names(case: str) -> Page | Response:
    form = Form()
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        lines = [*form.text("persons").split("\n"), *request.form.getlist("add")]
        persons = [[name.strip() for name in each.split(SEPARATOR) if name.strip()] for each in lines]
        persons = [each for each in persons if each]
        if {tuple(each) for each in persons} != {each.names for each in place.plan.persons}:
            try:
                place.keep(place.plan.with_names(persons))
            except InvalidValue:
                told = _("One person a line. A name has 2 to 120 characters; a person has at most %(num)s names.")
                form.errors["persons"] = told % {"num": MAX_SPELLINGS}
                return _names(case, form)
        # what was ticked may bring up more, so the same page comes again
        return go(f"{place.path}/names" if form.text("do") == "add" else f"{place.path}/readers")


def _names(case: str, form: Form | None) -> Page | Response:
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        try:
            texts = [each.text for each in place.parts]
        except PlanOutdated as error:
            return _outdated(place, error)
        taken = [each.names for each in place.plan.persons]
        typed = "\n".join(f"{SEPARATOR} ".join(each) for each in taken)
        proposed = proposed_persons(texts, marked_persons(vault.casebook, place.shown), taken)
        return show(
            "disclose_names.html",
            form=form or Form(persons=typed),
            **place.around("/names"),
            proposed=[f"{SEPARATOR} ".join(each) for each in proposed if not is_covered(each[0], taken)],
        )


# --- readers ------------------------------------------------------------------------------------------------------


@pages.get("/case/<case>/disclose/readers")
def who_reads(case: str) -> Page:
    """Show who reads the pack, and a form for one more."""
    return _readers(case, Form())


@pages.post("/case/<case>/disclose/readers")
def add_reader(case: str) -> Page | Response:
    form = Form()
    name, typed = form.required("reader", _("Write who reads it.")), form.text("fingerprint")
    if form.refused:
        return _readers(case, form)
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        try:
            added = readers.reader(name, typed)
            uploaded = request.files.get("key")
            key = uploaded.read(readers.MAX_KEY_BYTES + 1) if uploaded is not None else b""
            if added.fingerprint is not None and key:
                readers.require_key(key, added.fingerprint)
                this_desk().plans.add_key(place.shown.case.case, key)
            if added.fingerprint is not None:
                readers.require_keys(vault, [added], place.keys)
            place.keep(replace(place.plan, readers=(*place.plan.readers, added)))
        except InvalidValue:
            form.errors["reader"] = _("There are too many readers, or this one is there already.")
            return _readers(case, form)
        except DropboxError as error:
            form.refuse("fingerprint", error)
            return _readers(case, form)
        return go(f"{place.path}/readers")


@pages.post("/case/<case>/disclose/readers/remove")
def remove_reader(case: str) -> Response:
    number = Form().text("number")
    if not number.isascii() or not number.isdigit():
        abort(400)
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        place.keep(place.without_reader(int(number)))
        return go(f"{place.path}/readers")


def _readers(case: str, form: Form) -> Page:
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        return show("disclose_readers.html", form=form, **place.around("/readers"))
