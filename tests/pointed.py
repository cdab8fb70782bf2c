"""Sentences as investigators write them, in Dutch and English, with what in them could tell who somebody is.

Written before the program was tried on them. `sentences` gives each text with its points, as (kind, text).
"""

DUTCH = """
Beste melder, dank je wel voor je bericht van 3 maart.
We hebben met Sanne de Boer gesproken over wat er is gebeurd. | name: Sanne de Boer
Volgens mevrouw Van den Heuvel was u er zelf bij. | name: mevrouw Van den Heuvel
Wethouder Smit heeft op maandag 12 januari gereageerd. | name: Wethouder Smit
De wethouder heeft op maandag 12 januari gereageerd.
Je kunt ons bellen op 020-5241111. | phone: 020-5241111
Mail gerust naar vertrouwenspersoon@voorbeeldpartij.nl. | email: vertrouwenspersoon@voorbeeldpartij.nl
Het gesprek is in het stadhuis, op woensdag om 14.30 uur.
Is het waar dat Yusuf daarbij was? | name: Yusuf
Karin heeft ons dat verteld. | name: Karin
Heeft u hierover al met iemand van de Ondernemingsraad gesproken?
In de notulen van 4 april staat dat de commissie het dossier heeft gesloten.
Hij mailt als p.de.groot@gemeente.nl en belt met 06 28 19 33 10. | email: p.de.groot@gemeente.nl; phone: 06 28 19 33 10
We spreken hem maandag. Daarna hoor je van ons.
J.W. Hendriks tekende de brief. | name: J.W. Hendriks
De brief was getekend door J. W. Hendriks. | name: J. W. Hendriks
Het adres Lindelaan 14 in Hoorn is ons bekend. | address: Lindelaan 14; name: Hoorn
Stuur het naar postcode 1621 HK 14. | address: 1621 HK 14
De auto met kenteken 12-KLM-3 stond voor de deur. | plate: 12-KLM-3
Het burgerservicenummer 123456782 hebben we verwijderd. | number: 123456782
Het bedrag is overgemaakt naar NL20INGB0001234567. | account: NL20INGB0001234567
Artikel 17 van de Wet bescherming klokkenluiders beschermt je.
Volgens Richtlijn (EU) 2019/1937 heb je recht op een antwoord.
U kunt ook naar het Huis voor Klokkenluiders of de Nationale Ombudsman gaan.
Op de website www.voorbeeldpartij.nl staat het reglement. | link: www.voorbeeldpartij.nl
Wie was er nog meer bij? Noem geen namen als dat niet veilig is.
Dhr. Bakker en mevr. Yilmaz-Kaya zijn gehoord. | name: Dhr. Bakker; name: mevr. Yilmaz-Kaya
Fractievoorzitter Mohammed el Idrissi ontkent het. | name: Fractievoorzitter Mohammed el Idrissi
Ons kenmerk is 2024-0131, versie 2.
Wij hebben 1.250 euro, 3 mails en 12 foto's gekregen.
Van Dijk was die avond niet aanwezig. | name: Van Dijk
Ik, Marieke Postma, ben je contactpersoon. | name: Marieke Postma
De afdeling Burgerzaken en de afdeling HR zijn niet ingelicht. | name: Burgerzaken
Hij stuurde het via Instagram als @jvdberg_82. | username: @jvdberg_82
Met vriendelijke groet, de vertrouwenspersoon
Gisteren belde Tineke ons op. | name: Tineke
Bovendien heeft niemand gereageerd. Jammer, want we hadden dat graag gewild.
Uw melding gaat over de jeugdafdeling in Utrecht.
Hij is geboren in Paramaribo en woont in Ridderkerk. | name: Paramaribo; name: Ridderkerk
De heer en mevrouw Jansen zijn verhuisd. | name: mevrouw Jansen
Prof. dr. A. van Leeuwen schreef het rapport. | name: Prof. dr. A. van Leeuwen
"Dat heeft Bram gezegd", schreef je. | name: Bram
Over Bram: hij werkt er niet meer. | name: Bram
Bram werkt er niet meer. | name: Bram
Mijnheer De Wit ging akkoord; de rest niet. | name: Mijnheer De Wit
Neem in Tor Browser altijd de veiligste stand.
Het ging om de post van PvdA'er Kees Vermeulen. | name: Kees Vermeulen
Mail me op anna (at) voorbeeld.nl als dat veiliger voelt. | email: anna (at) voorbeeld.nl
Het rekeningnummer eindigt op 4567 en de zaak op 0099.
Kom je liever praten? Dat kan op 5-6-2026 of 12/06/2026.
Bedankt dat je dit met ons deelt; dat vraagt moed.
Om te beginnen: je hoeft ons niets te bewijzen.
Toen we het aan Jolanda vroegen, zei ze dat ze van niets wist. | name: Jolanda
Collega's van Pieter-Jan Hoekstra bevestigen dat. | name: Pieter-Jan Hoekstra
Ze noemde ook ene Marco van Basten. | name: Marco van Basten
De wethouder, mw. mr. dr. I.M. de Graaf-Sanders, is op de hoogte. | name: mw. mr. dr. I.M. de Graaf-Sanders
Op 1 april begint het nieuwe seizoen. April is voor ons een drukke maand.
Tip: bewaar je zeven woorden op papier.
In Tilburg en Breda gebeurt hetzelfde.
Je schreef over 'Het Gouden Uur'. | name: Gouden Uur
Geachte heer Ten Cate, dank voor uw reactie. | name: heer Ten Cate
Mevr S. Achahbar is raadslid voor de lokale partij. | name: Mevr S. Achahbar
Dick is ziek. Els ook. | name: Dick; name: Els
Zie bijlage A, tabel 3 en figuur IV.
Het Openbaar Ministerie beslist daarover, niet wij.
Onze secretaris belt je niet; wij hebben geen nummer van je.
Kenteken XR-GG-18 hoort bij een bestelbus. | plate: XR-GG-18
Bel 112 als je in gevaar bent, of Veilig Thuis op 0800-2000. | phone: 0800-2000
Nieuwe afspraak: dinsdag 9 juni, 10:00-11:30.
Sharifa O. heeft ook gemeld. | name: Sharifa O
De partij heeft 3 statenleden in Noord-Brabant.
Daarnaast: Roelof, Femke en Achmed zijn erbij geweest. | name: Roelof; name: Femke; name: Achmed
Wat vind je daar zelf van? Wil je dat we met haar praten?
Hij woont aan de Prins Bernhardlaan 7a. | address: Prins Bernhardlaan 7a
"""

ENGLISH = """
Thank you for your message of 3 March. We have read it with care.
We spoke to Emily Carter about what happened. | name: Emily Carter
Mr. Johnson told us that you were there. | name: Mr. Johnson
On Monday we will talk to the Municipality.
Please call us on +31 20 524 1111. | phone: +31 20 524 1111
Write to j.smith@example.org if you must. | email: j.smith@example.org
Did David see it? | name: David
David saw it. | name: David
I think the Committee has already decided.
Councillor Patel has denied it. | name: Councillor Patel
The councillor has denied it.
Under the EU Whistleblower Directive you have a right to feedback.
The meeting is at 12 High Street on Tuesday. | address: 12 High Street
Her user name is @sarah.k_91. | username: @sarah.k_91
You can read more at https://example.org/rules. | link: https://example.org/rules
Can you tell us when this was? You need not say who was there.
Dr. Anne-Marie O'Neill wrote the report. | name: Dr. Anne-Marie O'Neill
We have received 3 files (2.4 MB) and 12 photos.
However, nobody from the Board was present in April.
According to Peter van der Meer, the file was closed. | name: Peter van der Meer
We paid 1,250.00 euros on 12/04/2025.
Yesterday Fatima phoned us. | name: Fatima
The letter was signed by R. Thompson. | name: R. Thompson
We are sorry that it took so long. Unfortunately, we cannot undo that.
She works in Human Resources and moved to Rotterdam.
The account GB29 NWBK 6016 1331 9268 19 was used. | account: GB29 NWBK 6016 1331 9268 19
It happened at Philips in Drachten. | name: Philips; name: Drachten
You said that "Tom did it again". | name: Tom
Kind regards, the integrity desk
Please reply by Friday. Until then nothing will happen.
It takes courage to tell us this. Thank you.
When we asked Olivia about it, she said nothing. | name: Olivia
Our chair, Professor Nguyen, knows about it. | name: Professor Nguyen
We met Sir Keir at the conference. | name: Sir Keir
They also mentioned a certain James McAllister. | name: James McAllister
What happens next is up to you. Nothing leaves this desk.
Tomorrow is a public holiday, so we write again on Wednesday 10 June.
See annex B, table 3 and figure IV.
Nobody at the Ministry of Justice was told.
The minutes of the General Assembly say otherwise.
The New Year's party was on 6 January.
Text me on 07911 123456 or (+44) 20 7946 0958. | phone: 07911 123456; phone: (+44) 20 7946 0958
Liam and Noah were both there. | name: Liam; name: Noah
Is Mark still working there? | name: Mark
Will you let us know? May we speak to her?
"""


def sentences(text: str) -> list[tuple[str, frozenset[tuple[str, str]]]]:
    """Return each sentence with the (kind, text) pairs that belong to it."""
    return [_parsed(line) for line in text.strip().splitlines()]


def _parsed(line: str) -> tuple[str, frozenset[tuple[str, str]]]:
    sentence, _, wanted = line.partition(" | ")
    pairs = (each.split(": ", 1) for each in wanted.split("; ") if each)
    return sentence, frozenset((kind.strip(), text) for kind, text in pairs)
