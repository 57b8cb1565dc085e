"""Original titles: the simple titles of each genre in the languages of their countries."""

from collections.abc import Mapping

_TABLE = """
Umbrella|es:El paraguas|fr:Le parapluie|pt:O guarda-chuva|da:Paraplyen|tr:Şemsiye
Letter|es:La carta|fr:La lettre|pt:A carta|da:Brevet|tr:Mektup
Promise|es:La promesa|fr:La promesse|pt:A promessa|da:Løftet|tr:Söz
Rooftop|es:La azotea|fr:Le toit|pt:O terraço|da:Taget|tr:Çatı
Ferry|es:El transbordador|fr:Le bac|pt:A balsa|da:Færgen|tr:Vapur
Last Train|es:El último tren|fr:Le dernier train|pt:O último trem|da:Det sidste tog|tr:Son Tren
Courtyard|es:El patio|fr:La cour|pt:O pátio|da:Gården|tr:Avlu
Inheritance|es:La herencia|fr:L’héritage|pt:A herança|da:Arven|tr:Miras
Orchard|es:El huerto|fr:Le verger|pt:O pomar|da:Frugthaven|tr:Meyve Bahçesi
Recipe|es:La receta|fr:La recette|pt:A receita|da:Opskriften|tr:Tarif
Homecoming|es:El regreso|fr:Le retour|pt:O regresso|da:Hjemkomsten|tr:Eve Dönüş
Witness|es:La testigo|fr:Le témoin|pt:A testemunha|da:Vidnet|tr:Tanık
Alibi|es:La coartada|fr:L’alibi|pt:O álibi|da:Alibiet|tr:Mazeret
Night Shift|es:Turno de noche|fr:L’équipe de nuit|pt:Turno da noite|da:Nattevagten|tr:Gece Vardiyası
Falcon|es:El halcón|fr:Le faucon|pt:O falcão|da:Falken|tr:Şahin
Ferryman|es:El barquero|fr:Le passeur|pt:O barqueiro|da:Færgemanden|tr:Kayıkçı
River|es:El río|fr:Le fleuve|pt:O rio|da:Floden|tr:Nehir
Reef|es:El arrecife|fr:Le récif|pt:O recife|da:Revet|tr:Resif
Market|es:El mercado|fr:Le marché|pt:O mercado|da:Markedet|tr:Pazar
Salt|es:Sal|fr:Le sel|pt:Sal|da:Salt|tr:Tuz
Archive|es:El archivo|fr:L’archive|pt:O arquivo|da:Arkivet|tr:Arşiv
Verdict|es:El veredicto|fr:Le verdict|pt:O veredito|da:Dommen|tr:Karar
Bridge|es:El puente|fr:Le pont|pt:A ponte|da:Broen|tr:Köprü
Lodger|es:El inquilino|fr:Le locataire|pt:O inquilino|da:Lejeren|tr:Kiracı
Portrait|es:El retrato|fr:Le portrait|pt:O retrato|da:Portrættet|tr:Portre
Lullaby|es:La nana|fr:La berceuse|pt:A canção de ninar|da:Vuggevisen|tr:Ninni
Harvest|es:La cosecha|fr:La moisson|pt:A colheita|da:Høsten|tr:Hasat
Well|es:El pozo|fr:Le puits|pt:O poço|da:Brønden|tr:Kuyu
Mirror|es:El espejo|fr:Le miroir|pt:O espelho|da:Spejlet|tr:Ayna
Echo|es:El eco|fr:L’écho|pt:O eco|da:Ekkoet|tr:Yankı
Vigil|es:La vigilia|fr:La veillée|pt:A vigília|da:Vågenatten|tr:Nöbet
Black Lake|es:El lago negro|fr:Le lac noir|pt:O lago negro|da:Den sorte sø|tr:Kara Göl
"""


def _read() -> Mapping[tuple[str, str], str]:
    titles = {}
    for line in _TABLE.strip().splitlines():
        thing, *names = line.split("|")
        for name in names:
            language, title = name.split(":", 1)
            titles[thing, language] = title
    return titles


ORIGINALS = _read()


def original(thing: str, pattern: str, language: str) -> str:
    """The original title where the title is the thing alone; else empty."""
    if pattern not in {"The {thing}", "{thing}"}:
        return ""
    return ORIGINALS.get((thing, language), "")
