"""The fifteen countries: their names, people and towns, as words for titles and synopses."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    code: str
    name: str
    adjective: str
    language: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    towns: tuple[str, ...]
    houses: tuple[str, ...]
    """Words of which names of production companies are made."""
    season: tuple[int, int]
    """Episodes of a drama season: fewest and most."""
    minutes: int
    """Of a drama episode."""
    weight: int
    """Share of the catalogue."""


def _place(line: str, given: str, family: str, towns: str, houses: str) -> Place:
    code, name, adjective, language, fewest, most, minutes, weight = line.split("|")
    return Place(
        code, name, adjective, language,
        tuple(given.split()), tuple(family.split()),
        tuple(towns.split("|")), tuple(houses.split("|")),
        (int(fewest), int(most)), int(minutes), int(weight),
    )  # fmt: skip


PLACES = (
    _place("KR|South Korea|Korean|ko|12|20|64|22",
           "Ji-won Min-seo Hae-rin Do-yun Seo-yeon Tae-hyun Eun-ji Jun-ho Ha-neul Soo-ah",
           "Kang Yoon Baek Seo Han Moon Cho Lim", "Seoul|Busan|Gangneung|Jeonju|Jeju|Tongyeong",
           "Hangang|Narae|Dalbit|Saebyeok"),
    _place("JP|Japan|Japanese|ja|9|12|46|12",
           "Haruka Ren Aoi Sota Yui Kaito Misaki Naoki Chihiro Takumi",
           "Morita Hayashi Okada Ueno Kuroda Shimizu Aoki", "Kyoto|Osaka|Kanazawa|Otaru|Nagasaki|Onomichi",
           "Kitakaze|Hoshino|Minato|Tsukimi"),
    _place("TW|Taiwan|Taiwanese|zh-Hant|10|20|58|9",
           "Yi-chen Wei-ting Hsin-yi Po-han Mei-ling Chun-kai Ya-wen Zhi-hao",
           "Lin Huang Tsai Chiang Hsu Yeh", "Taipei|Tainan|Hualien|Jiufen|Kaohsiung",
           "Formosa Light|Yushan|Lantern Bay|Banyan"),
    _place("TH|Thailand|Thai|th|12|18|52|7",
           "Anong Kittisak Ploy Somchai Mali Niran Siriporn Thanat",
           "Rattanakorn Suwan Chaiyasit Boonmee Wongsakul", "Bangkok|Chiang Mai|Ayutthaya|Trat|Songkhla",
           "Chao Phraya|Lotus Gate|Siam House|Monsoon"),
    _place("PH|Philippines|Filipino|fil|16|30|40|6",
           "Liza Miguel Tala Andres Corazon Jomar Amihan Rafael",
           "Santos Reyes Villanueva Bautista Magsaysay", "Manila|Cebu|Baguio|Vigan|Iloilo",
           "Bayani|Sampaguita|Pasig|Archipelago"),
    _place("IN|India|Indian|hi|8|16|48|8",
           "Ananya Rohan Meera Arjun Kavya Vikram Nandini Ishaan Leela Dev",
           "Sharma Iyer Banerjee Khanna Nair Desai", "Mumbai|Kolkata|Jaipur|Kochi|Shimla|Lucknow",
           "Banyan Tree|Monsoon Road|Indigo Gate|Saffron"),
    _place("TR|Turkey|Turkish|tr|22|36|110|9",
           "Elif Kerem Zeynep Emre Defne Baris Leyla Onur Nehir Cem",
           "Aydin Demir Karaca Yildiz Aksoy Tuna", "Istanbul|Izmir|Mardin|Trabzon|Bodrum",
           "Bosphorus|Anatolia|Golden Horn|Kirlangic"),
    _place("ES|Spain|Spanish|es|8|13|50|6",
           "Lucia Alvaro Carmen Diego Marta Hugo Ines Pablo",
           "Navarro Ortega Vidal Salas Fuentes Roldan", "Seville|Cadiz|Bilbao|Toledo|Girona",
           "Alameda|Mirador|Levante|Azahar"),
    _place("MX|Mexico|Mexican|es|14|26|44|6",
           "Ximena Mateo Valeria Joaquin Paloma Emiliano Renata Tomas",
           "Aguilar Montoya Cordero Rivas Zamora", "Oaxaca|Guadalajara|Puebla|Veracruz|Merida",
           "Jacaranda|Altiplano|Cenote|Colibri"),
    _place("BR|Brazil|Brazilian|pt|14|28|42|5",
           "Luiza Caio Helena Rafael Iara Thiago Marina Davi",
           "Azevedo Moreira Tavares Pinheiro Lacerda", "Salvador|Recife|Paraty|Belem|Ouro Preto",
           "Ipanema|Sabia|Cerrado|Maresia"),
    _place("AR|Argentina|Argentine|es|10|16|46|3",
           "Camila Lautaro Julieta Facundo Malena Bruno",
           "Ferreyra Quiroga Bianchi Luna Peralta", "Buenos Aires|Rosario|Bariloche|Salta|Ushuaia",
           "Rioplatense|Pampero|Fin del Mundo|Calandria"),
    _place("FR|France|French|fr|6|10|52|4",
           "Camille Antoine Margaux Lucien Elise Bastien Noemie Remy",
           "Delmas Rousseau Garnier Lacombe Vasseur", "Marseille|Lyon|Saint-Malo|Arles|Lille",
           "Belleville|Mistral|Canal du Nord|Hirondelle"),
    _place("DK|Denmark|Danish|da|6|10|56|3",
           "Freja Mikkel Astrid Soren Signe Anders Liv Kasper",
           "Holm Lindegaard Krogh Bech Vestergaard", "Copenhagen|Aarhus|Skagen|Ribe|Esbjerg",
           "Oresund|Nordlys|Havn|Fyrtaarn"),
    _place("NG|Nigeria|Nigerian|en|10|20|46|4",
           "Amara Tunde Ngozi Chidi Folake Emeka Zainab Bola",
           "Okafor Adeyemi Balogun Eze Danjuma", "Lagos|Ibadan|Calabar|Kano|Enugu",
           "Harmattan|Lagoon|Third Mainland|Palmwine"),
    _place("GB|United Kingdom|British|en|6|8|54|6",
           "Nora Callum Imogen Rhys Ailsa Theo Bridie Owen",
           "Ashworth Pryce Gallagher Kerr Thorne Lyle", "Whitby|Glasgow|Cardiff|Margate|Hull|Inverness",
           "Harbour|Tidewater|Long Acre|Pennine"),
)  # fmt: skip
