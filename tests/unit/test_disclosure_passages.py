"""Names become letters in every spelling, and nothing that stands instead tells how long or how many they were."""

import itertools
import unicodedata

import pytest

from dropbox.workstation.disclosure.needles import Sought, names_anything, person, phrase, without_words_of
from dropbox.workstation.disclosure.passages import open_text
from dropbox.workstation.disclosure.plan import Cut, Person

KARIN = ("Karin van der Berg", "KB")
JAN = ("Jan Jansen",)


def sought(*names: tuple[str, ...], phrases: tuple[str, ...] = ()) -> tuple[Sought, ...]:
    persons = [Person(letter, each) for letter, each in zip("ABCDEFGH", names, strict=False)]
    return (*(person(each) for each in persons), *(phrase(each) for each in phrases))


def opened(text: str, *names: tuple[str, ...], phrases: tuple[str, ...] = ()) -> str:
    return open_text(text, sought(*(names or (KARIN, JAN)), phrases=phrases)).text


@pytest.mark.parametrize(
    "spelled",
    [
        "Karin van der Berg",
        "karin van der berg",
        "KARIN VAN DER BERG",
        "Kárin van der Bërg",
        unicodedata.normalize("NFD", "Kárin van der Bërg"),
        "K. van der Berg",
        "K van der Berg",
        "K. v.d. Berg",
        "K. vd Berg",
        "Karin M. van der Berg",
        "Karin Berg",
        "Van der Berg",
        "Berg, K",
        "Karin",
        "Berg",
        "Bergs",
        "KB",
        "Kar\u00adin",
        "Kar\u200bin van der Be\u2060rg",
        "Kar-\nin van\nder Berg",
        "K a r i n",
        "K.a.r.i.n",
        "Каrin",
        "𝐊𝐚𝐫𝐢𝐧",
        "Ｋａｒｉｎ",
        "karin.berg",
        "kberg",
        "karinvanderberg",
        "vanderberg",
        "kvanderberg",
        "KarinBerg",
        "Karin  \t van der   Berg",
    ],
)
def test_a_name_is_not_left_standing_in_another_spelling(spelled: str) -> None:
    assert opened(f"Gisteren zag ik {spelled} op het werk.") == "Gisteren zag ik A op het werk."


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Dijkstra", "Dykstra"),
        ("Dykstra", "DIJKSTRA"),
        ("Dijkstra", "D i j k s t r a"),
        ("Dĳkstra", "Dijkstra"),
        ("Müller", "Mueller"),
        ("Müller", "Muller"),
        ("Mueller", "Müller"),
        ("Søren", "Soren"),
        ("Strauß", "STRAUSS"),
        ("Łukasz", "Lukasz"),
        ("Иван Петров", "ИВАН ПЕТРОВ"),
        ("d’Hondt", "D'HONDT"),
    ],
)
def test_a_name_is_not_left_standing_in_another_language_s_letters(name: str, spelled: str) -> None:
    assert opened(f"Ik sprak {spelled} daar.", (name,)) == "Ik sprak A daar."


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("李明", "昨天李明打了我", "昨天A打了我"),
        ("田中", "昨日田中さんが来た", "昨日Aさんが来た"),
        ("สมชาย", "เมื่อวานสมชายตีผม", "เมื่อวานAตีผม"),
        ("كريم", "جاء وكريم معه", "جاء A معه"),
        ("كريم", "جاء كـريم معه", "جاء A معه"),
        ("علي", "جاء على معه", "جاء A معه"),
        ("کریم", "جاء لكريم معه", "جاء A معه"),
        ("דוד", "ראיתי את ודוד שם", "ראיתי את A שם"),
        ("Иван", "Я был с Иваном там.", "Я был с A там."),
        ("Jan", "Daar was Ⓙⓐⓝ weer.", "Daar was A weer."),
        ("राम", "वहाँ राम था", "वहाँ A था"),
    ],
)
def test_a_name_is_not_left_standing_where_a_language_joins_its_words(name: str, text: str, shown: str) -> None:
    assert opened(text, (name,)) == shown
    assert not names_anything(opened(text, (name,)), sought((name,)))


@pytest.mark.parametrize("spelled", ["Jan²", "jan85", "Janʼs", "jans7", "Jan٢"])
def test_a_short_name_is_not_left_standing_before_a_number(spelled: str) -> None:
    assert opened(f"Het was {spelled} zelf.") == "Het was B zelf."


def test_a_number_takes_no_longer_number_away() -> None:
    assert opened("34 van de 3412", phrases=("34",)) == "[left out] van de 3412"


def test_a_number_is_not_left_standing_in_another_scripts_digits() -> None:
    assert opened("tel ٠٦١٢٣٤٥٦٧٨", phrases=("06-12345678",)) == "tel [left out]"


def test_a_phrase_is_not_left_standing_where_a_language_joins_its_words() -> None:
    assert opened("昨天在红灯区打了我", phrases=("红灯区",)) == "昨天在[left out]打了我"
    assert opened("ذهبت وبالمستشفى كنت", phrases=("مستشفى",)) == "ذهبت [left out] كنت"


@pytest.mark.parametrize("text", ["De bergen zijn hoog.", "In januari kwam niemand.", "Het karwei.", "de kb, klein"])
def test_words_that_are_no_name_stay(text: str) -> None:
    assert opened(text) == text


def test_a_name_that_is_an_everyday_word_takes_no_other_word_away() -> None:
    assert opened("De heer Best zei: het is best.", ("Best",)) == "De heer A zei: het is best."


def test_a_function_takes_no_everyday_word_away() -> None:
    person_and_function = ("Jan Jansen", "my manager", "de voorzitter")
    text = "My manager spoke of my body. De voorzitter zweeg; een andere voorzitter niet."
    assert opened(text, person_and_function) == "A spoke of my body. A zweeg; een andere voorzitter niet."


def test_a_name_at_the_end_of_an_i_is_found() -> None:
    assert opened("hoi jan!") == "hoi B!"


def test_one_person_is_one_letter_all_through() -> None:
    text = "Karin van der Berg kwam. Later belde K. v.d. Berg, en Jan Jansen nam op. Karin zweeg."
    assert opened(text) == "A kwam. Later belde A, en B nam op. A zweeg."


def test_two_persons_beside_each_other_stay_two() -> None:
    assert opened("Karin Jansen en Jan Berg") == "A B en B A"
    assert opened("Jan, Karin en Jan") == "B, A en B"


def test_a_shared_surname_gives_no_letter_away() -> None:
    names = (("Karin van der Berg",), ("Tom van der Berg",))
    assert opened("Karin van der Berg en Tom van der Berg; Berg bleef.", *names) == "A en B; [name] bleef."


def test_what_stands_instead_is_as_long_for_every_name() -> None:
    text = "Hier stond %s vandaag, en %s ook."
    shown = {opened(text % (name, name), (name,)) for name in ("Bo", "Karin", "Jan-Willem van den Heuvel-Zuiderwijk")}
    assert len(shown) == 1


def test_what_is_left_out_is_as_long_for_every_passage() -> None:
    text = "Begin. {} Eind."
    long = "Een heel verhaal over wat er op die dag gebeurde. En nog een zin. En nog een."
    shown = set()
    for passage in ("Kort.", long):
        whole = text.format(passage)
        cuts = [Cut(len("Begin. "), len("Begin. ") + len(passage))]
        shown.add(open_text(whole, (), cuts).text)
    assert shown == {"Begin. [left out] Eind."}


def test_the_number_of_sentences_that_were_left_out_does_not_show() -> None:
    text = "Een. Twee. Drie. Vier."
    cuts = [Cut(5, 10), Cut(11, 16)]
    assert open_text(text, (), cuts).text == "Een. [left out] Vier."


def test_an_address_hides_its_person_and_not_the_name_of_the_organisation() -> None:
    address = ("Karin van der Berg", "karin.vanderberg@help.example")
    text = opened("Mail karin.vanderberg@help.example of k.vanderberg; Help Example helpt.", address)
    assert "erg" not in text
    assert "Help Example helpt." in text


@pytest.mark.parametrize("spelled", ["06-12345678", "06 1234 5678", "0612345678", "06.12.34.56.78"])
def test_a_phrase_is_left_out_however_it_is_written(spelled: str) -> None:
    assert opened(f"Bel {spelled} maar.", phrases=("06-12345678",)) == "Bel [left out] maar."


def test_a_name_inside_a_passage_that_is_left_out_leaves_no_letter() -> None:
    text = "Zij vertelde dat Karin van der Berg ziek was. Daarna niets."
    assert open_text(text, sought(KARIN), [Cut(0, 45)]).text == "[left out] Daarna niets."


def test_a_name_half_inside_a_passage_goes_with_it() -> None:
    text = "Dit zei Karin van der Berg toen."
    assert open_text(text, sought(KARIN), [Cut(0, 13)]).text == "[left out] toen."


def test_what_was_taken_out_is_kept_with_its_place() -> None:
    text = "Dit zei Karin van der Berg toen."
    taken = open_text(text, sought(KARIN)).taken
    assert [(text[each.start : each.end], each.text, each.letters) for each in taken] == [
        ("Karin van der Berg", "Karin van der Berg", frozenset("A"))
    ]


def test_nothing_that_was_taken_out_can_be_found_in_what_is_left() -> None:
    spellings = [
        "Karin van der Berg",
        "K. v.d. Berg",
        "kberg@example.org",
        "Jan Jansen",
        "jan-jansen",
        "J. Jansen",
        "KB",
    ]
    everything = sought(KARIN, JAN)
    for pair in itertools.permutations(spellings, 3):
        text = "Eerst {}, toen {} en ook {}.".format(*pair)
        assert names_anything(text, everything)
        assert not names_anything(open_text(text, everything).text, everything)


def test_our_own_words_do_not_hide_the_rest_of_a_name() -> None:
    left = without_words_of("Report of the desk", sought(("Anna Report",)))
    assert not names_anything("Report", left)
    assert names_anything("Anna Report", left) == frozenset("A")


def test_a_text_of_many_pages_does_not_take_minutes() -> None:
    text = "Karin van der Berg zag Jan Jansen op de gang, en niemand zei iets. " * 700
    names = [(f"Voornaam{number} Achternaam{number}",) for number in range(100)]
    persons = [person(Person(chr(65 + number % 26), each)) for number, each in enumerate([KARIN, JAN, *names])]
    assert "Karin" not in open_text(text, persons).text
