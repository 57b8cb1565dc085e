"""Original titles: in the language and script of their countries, where their words are known.

A title is a pattern, a thing and a town (see `words.py`). It has an original where the language
has a pattern for it, and words for all that occurs in that pattern.
"""

from collections.abc import Iterator, Mapping
from string import Formatter

_THINGS = """
Umbrella|ko:우산|ja:雨傘|zh-Hant:雨傘|th:ร่ม|hi:छाता|fil:Ang Payong|es:El paraguas|fr:Le parapluie|pt:O guarda-chuva|da:Paraplyen|tr:Şemsiye
Letter|ko:편지|ja:手紙|zh-Hant:信|th:จดหมาย|hi:चिट्ठी|fil:Ang Liham|es:La carta|fr:La lettre|pt:A carta|da:Brevet|tr:Mektup
Promise|ko:약속|ja:約束|zh-Hant:約定|th:คำสัญญา|hi:वादा|fil:Ang Pangako|es:La promesa|fr:La promesse|pt:A promessa|da:Løftet|tr:Söz
Rooftop|ko:옥상|ja:屋上|zh-Hant:屋頂|th:ดาดฟ้า|hi:छत|fil:Ang Bubong|es:La azotea|fr:Le toit|pt:O terraço|da:Taget|tr:Çatı
Ferry|ko:나룻배|ja:渡し船|zh-Hant:渡船|th:เรือข้ามฟาก|hi:नाव|es:El transbordador|fr:Le bac|pt:A balsa|da:Færgen|tr:Vapur
Last Train|ko:막차|ja:終電|zh-Hant:末班車|th:รถไฟเที่ยวสุดท้าย|hi:आख़िरी ट्रेन|fil:Huling Tren|es:El último tren|fr:Le dernier train|pt:O último trem|da:Det sidste tog|tr:Son Tren
Courtyard|ko:마당|ja:中庭|zh-Hant:庭院|th:ลานบ้าน|hi:आँगन|fil:Ang Patyo|es:El patio|fr:La cour|pt:O pátio|da:Gården|tr:Avlu
Inheritance|ko:유산|ja:遺産|zh-Hant:遺產|th:มรดก|hi:विरासत|fil:Ang Mana|es:La herencia|fr:L’héritage|pt:A herança|da:Arven|tr:Miras
Orchard|ko:과수원|ja:果樹園|zh-Hant:果園|th:สวนผลไม้|hi:बाग़|es:El huerto|fr:Le verger|pt:O pomar|da:Frugthaven|tr:Meyve Bahçesi
Recipe|ko:조리법|ja:レシピ|zh-Hant:食譜|th:สูตรลับ|hi:नुस्ख़ा|es:La receta|fr:La recette|pt:A receita|da:Opskriften|tr:Tarif
Homecoming|ko:귀향|ja:帰郷|zh-Hant:歸鄉|th:คืนถิ่น|hi:घर वापसी|fil:Pag-uwi|es:El regreso|fr:Le retour|pt:O regresso|da:Hjemkomsten|tr:Eve Dönüş
Witness|ko:목격자|ja:目撃者|zh-Hant:目擊者|th:พยาน|hi:गवाह|fil:Ang Saksi|es:La testigo|fr:Le témoin|pt:A testemunha|da:Vidnet|tr:Tanık
Alibi|ko:알리바이|ja:アリバイ|zh-Hant:不在場證明|es:La coartada|fr:L’alibi|pt:O álibi|da:Alibiet|tr:Mazeret
Night Shift|ko:야간 근무|ja:夜勤|zh-Hant:夜班|th:กะดึก|hi:रात की पाली|es:Turno de noche|fr:L’équipe de nuit|pt:Turno da noite|da:Nattevagten|tr:Gece Vardiyası
Falcon|ko:송골매|ja:隼|zh-Hant:獵鷹|th:เหยี่ยว|hi:बाज़|es:El halcón|fr:Le faucon|pt:O falcão|da:Falken|tr:Şahin
Ferryman|ko:뱃사공|ja:渡し守|zh-Hant:擺渡人|th:คนแจวเรือ|hi:माँझी|es:El barquero|fr:Le passeur|pt:O barqueiro|da:Færgemanden|tr:Kayıkçı
River|ko:강|ja:川|zh-Hant:河流|th:แม่น้ำ|hi:नदी|fil:Ang Ilog|es:El río|fr:Le fleuve|pt:O rio|da:Floden|tr:Nehir
Reef|ko:산호초|ja:珊瑚礁|zh-Hant:珊瑚礁|th:แนวปะการัง|es:El arrecife|fr:Le récif|pt:O recife|da:Revet|tr:Resif
Market|ko:시장|ja:市場|zh-Hant:市場|th:ตลาด|hi:बाज़ार|fil:Ang Palengke|es:El mercado|fr:Le marché|pt:O mercado|da:Markedet|tr:Pazar
Salt|ko:소금|ja:塩|zh-Hant:鹽|th:เกลือ|hi:नमक|fil:Asin|es:Sal|fr:Le sel|pt:Sal|da:Salt|tr:Tuz
Archive|ko:기록|ja:記録|zh-Hant:檔案|th:จดหมายเหตุ|hi:अभिलेख|es:El archivo|fr:L’archive|pt:O arquivo|da:Arkivet|tr:Arşiv
Verdict|ko:판결|ja:判決|zh-Hant:判決|th:คำพิพากษา|hi:फ़ैसला|fil:Ang Hatol|es:El veredicto|fr:Le verdict|pt:O veredito|da:Dommen|tr:Karar
Bridge|ko:다리|ja:橋|zh-Hant:橋|th:สะพาน|hi:पुल|fil:Ang Tulay|es:El puente|fr:Le pont|pt:A ponte|da:Broen|tr:Köprü
Lodger|ko:하숙생|ja:下宿人|zh-Hant:房客|th:ผู้เช่า|hi:किरायेदार|es:El inquilino|fr:Le locataire|pt:O inquilino|da:Lejeren|tr:Kiracı
Portrait|ko:초상화|ja:肖像画|zh-Hant:肖像|th:ภาพเหมือน|hi:तस्वीर|es:El retrato|fr:Le portrait|pt:O retrato|da:Portrættet|tr:Portre
Lullaby|ko:자장가|ja:子守唄|zh-Hant:搖籃曲|th:เพลงกล่อม|hi:लोरी|fil:Oyayi|es:La nana|fr:La berceuse|pt:A canção de ninar|da:Vuggevisen|tr:Ninni
Harvest|ko:추수|ja:収穫|zh-Hant:收成|th:ฤดูเก็บเกี่ยว|hi:फ़सल|fil:Ang Ani|es:La cosecha|fr:La moisson|pt:A colheita|da:Høsten|tr:Hasat
Well|ko:우물|ja:井戸|zh-Hant:古井|th:บ่อน้ำ|hi:कुआँ|fil:Ang Balon|es:El pozo|fr:Le puits|pt:O poço|da:Brønden|tr:Kuyu
Mirror|ko:거울|ja:鏡|zh-Hant:鏡子|th:กระจก|hi:आईना|fil:Ang Salamin|es:El espejo|fr:Le miroir|pt:O espelho|da:Spejlet|tr:Ayna
Echo|ko:메아리|ja:木霊|zh-Hant:回聲|th:เสียงสะท้อน|hi:गूँज|fil:Alingawngaw|es:El eco|fr:L’écho|pt:O eco|da:Ekkoet|tr:Yankı
Vigil|ko:철야|ja:寝ずの番|zh-Hant:守夜|es:La vigilia|fr:La veillée|pt:A vigília|da:Vågenatten|tr:Nöbet
Black Lake|ko:검은 호수|ja:黒い湖|zh-Hant:黑湖|th:ทะเลสาบดำ|hi:काली झील|es:El lago negro|fr:Le lac noir|pt:O lago negro|da:Den sorte sø|tr:Kara Göl
Paper Boat|ko:종이배|ja:紙の舟|zh-Hant:紙船|th:เรือกระดาษ|hi:काग़ज़ की नाव|fil:Bangkang Papel
Cherry Tree|ko:벚나무|ja:桜の木|zh-Hant:櫻樹
Night Bus|ko:심야 버스|ja:夜行バス|zh-Hant:夜間巴士|th:รถเมล์รอบดึก|hi:रात की बस
Window Seat|ko:창가 자리|ja:窓際の席|zh-Hant:靠窗的座位|th:ที่นั่งริมหน้าต่าง
Tea House|ko:찻집|ja:茶屋|zh-Hant:茶館|th:โรงน้ำชา
Second Spring|ko:두 번째 봄|ja:二度目の春|zh-Hant:第二個春天
Kitchen Table|ko:식탁|ja:食卓|zh-Hant:餐桌|th:โต๊ะอาหาร
Noodle Shop|ko:국숫집|ja:麺屋|zh-Hant:麵店|th:ร้านก๋วยเตี๋ยว
Sunday|ko:일요일|ja:日曜日|zh-Hant:星期天|th:วันอาทิตย์|hi:इतवार|fil:Linggo
House Key|ko:열쇠|ja:鍵|zh-Hant:鑰匙|th:กุญแจบ้าน|hi:चाबी|fil:Ang Susi
Persimmon|ko:감나무|ja:柿|zh-Hant:柿子
Salt Field|ko:염전|ja:塩田|zh-Hant:鹽田|th:นาเกลือ
Fourteenth Floor|ko:십사 층|ja:十四階|zh-Hant:十四樓
Probation|ko:수습 기간|ja:試用期間|zh-Hant:試用期
Overtime|ko:야근|ja:残業|zh-Hant:加班|th:ล่วงเวลา
Newsroom|ko:보도국|ja:報道局|zh-Hant:新聞室|th:ห้องข่าว
Deadline|ko:마감|ja:締切|zh-Hant:截稿日|th:เส้นตาย
Merger|ko:합병|ja:合併|zh-Hant:合併
Jade Seal|ko:옥새|ja:玉璽|zh-Hant:玉璽|th:ตราหยก
Ninth Gate|ko:아홉 번째 문|ja:第九の門|zh-Hant:第九道門
Silk Map|ko:비단 지도|ja:絹の地図|zh-Hant:絲綢地圖
Lantern Festival|ko:연등회|ja:灯籠祭|zh-Hant:元宵
Winter Palace|ko:겨울 궁전|ja:冬の宮殿|zh-Hant:冬宮
Court Physician|ko:어의|ja:御典医|zh-Hant:御醫|th:หมอหลวง|hi:राजवैद्य
Painted Fan|ko:그림 부채|ja:絵扇|zh-Hant:畫扇
Moon Pavilion|ko:달의 누각|ja:月の楼閣|zh-Hant:月樓
Heartbeat|ko:심장 박동|ja:鼓動|zh-Hant:心跳|th:เสียงหัวใจ|hi:धड़कन
Island Clinic|ko:섬마을 진료소|ja:島の診療所|zh-Hant:小島診所
Recovery Room|ko:회복실|ja:回復室|zh-Hant:恢復室|th:ห้องพักฟื้น
White Corridor|ko:하얀 복도|ja:白い廊下|zh-Hant:白色走廊
Third Suspect|ko:세 번째 용의자|ja:第三の容疑者|zh-Hant:第三名嫌犯
Ledger|ko:장부|ja:帳簿|zh-Hant:帳本|th:บัญชีลับ|hi:बहीखाता
Quiet Street|ko:조용한 거리|ja:静かな通り|zh-Hant:安靜的街|th:ถนนเงียบ
Library Card|ko:도서 카드|ja:図書カード|zh-Hant:借書證
Exchange Student|ko:교환학생|ja:交換留学生|zh-Hant:交換學生
Swim Team|ko:수영부|ja:水泳部|zh-Hant:游泳隊
Midnight Ferry|ko:자정의 나룻배|ja:真夜中の渡し船|zh-Hant:午夜渡輪
Thirteenth Guest|ko:열세 번째 손님|ja:十三人目の客|zh-Hant:第十三位客人
Second Shadow|ko:두 번째 그림자|ja:二つ目の影|zh-Hant:第二個影子|th:เงาที่สอง|hi:दूसरी परछाईं
Red Thread|ko:붉은 실|ja:赤い糸|zh-Hant:紅線|th:ด้ายแดง|hi:लाल धागा
Night Forest|ko:밤의 숲|ja:夜の森|zh-Hant:夜林|th:ป่ายามค่ำ
Signal|ko:신호|ja:信号|zh-Hant:訊號|th:สัญญาณ
Missing Hour|ko:사라진 한 시간|ja:失われた一時間|zh-Hant:消失的一小時
Last Witness|ko:마지막 목격자|ja:最後の目撃者|zh-Hant:最後的證人|th:พยานคนสุดท้าย|hi:आख़िरी गवाह
Empty Chair|ko:빈 의자|ja:空いた椅子|zh-Hant:空椅子|th:เก้าอี้ว่าง|hi:ख़ाली कुर्सी
Thin Wall|ko:얇은 벽|ja:薄い壁|zh-Hant:薄牆
Cold Room|ko:차가운 방|ja:冷たい部屋|zh-Hant:冰冷的房間
Upstairs|ko:위층|ja:二階|zh-Hant:樓上|th:ชั้นบน
Unlit House|ko:불 꺼진 집|ja:灯りのない家|zh-Hant:無燈之屋|th:บ้านไร้แสง
Insomnia|ko:불면|ja:不眠|zh-Hant:失眠|th:นอนไม่หลับ
Guest Room|ko:손님방|ja:客間|zh-Hant:客房|th:ห้องรับแขก
Confession|ko:고백|ja:告白|zh-Hant:告白|th:คำสารภาพ|hi:इक़रार
Deep Water|ko:깊은 물|ja:深い水|zh-Hant:深水|th:น้ำลึก|hi:गहरा पानी
Thaw|ko:해빙|ja:雪解け|zh-Hant:解凍
Bell Tower|ko:종탑|ja:鐘楼|zh-Hant:鐘樓|th:หอระฆัง|hi:घंटाघर
Bonfire|ko:모닥불|ja:焚き火|zh-Hant:營火|th:กองไฟ|hi:अलाव
"""

_TOWNS = """
ko|Seoul:서울|Busan:부산|Gangneung:강릉|Jeonju:전주|Jeju:제주|Tongyeong:통영
ja|Kyoto:京都|Osaka:大阪|Kanazawa:金沢|Otaru:小樽|Nagasaki:長崎|Onomichi:尾道
zh-Hant|Taipei:臺北|Tainan:臺南|Hualien:花蓮|Jiufen:九份|Kaohsiung:高雄
th|Bangkok:กรุงเทพ|Chiang Mai:เชียงใหม่|Ayutthaya:อยุธยา|Trat:ตราด|Songkhla:สงขลา
hi|Mumbai:मुंबई|Kolkata:कोलकाता|Jaipur:जयपुर|Kochi:कोच्चि|Shimla:शिमला|Lucknow:लखनऊ
"""

_BARE = {"{thing}": "{thing}", "The {thing}": "{thing}"}


def _of(between: str) -> dict[str, str]:
    """`Thing in Town` and its like, for a language that says them all in one way."""
    patterns = ("The {thing} in {town}", "A {thing} in {town}", "{thing} in {town}",
                "The {thing} at {town}", "{thing} at {town}")  # fmt: skip
    return {
        **dict.fromkeys(patterns, between),
        "{town}: {thing}": "{town}: {thing}",
        "The {town} {thing}": between,
    }


_PATTERNS: Mapping[str, Mapping[str, str]] = {
    "ko": _BARE | _of("{town}의 {thing}") | {
        "One More {thing}": "또 하나의 {thing}", "The Last {thing}": "마지막 {thing}",
        "The Other {thing}": "또 다른 {thing}", "Our {thing}": "우리의 {thing}",
        "The Long {thing}": "긴 {thing}", "{town}, with Love": "{town}에서 사랑을",
        "Return to {town}": "다시, {town}", "Letters from {town}": "{town}에서 온 편지",
        "Notes from {town}": "{town} 노트", "A Year in {town}": "{town}의 일 년",
        "The People of {town}": "{town} 사람들", "Below {town}": "{town} 아래",
        "Nine Nights in {town}": "{town}의 아홉 밤",
    },
    "ja": _BARE | _of("{town}の{thing}") | {
        "One More {thing}": "もう一つの{thing}", "The Last {thing}": "最後の{thing}",
        "The Other {thing}": "もう一つの{thing}", "Our {thing}": "私たちの{thing}",
        "The Long {thing}": "長い{thing}", "{town}, with Love": "{town}から愛をこめて",
        "Return to {town}": "{town}へ帰る", "Leaving {town}": "{town}を離れて",
        "Letters from {town}": "{town}からの手紙", "Notes from {town}": "{town}ノート",
        "A Year in {town}": "{town}の一年", "The People of {town}": "{town}の人々",
        "Below {town}": "{town}の下", "Nine Nights in {town}": "{town}の九夜",
    },
    "zh-Hant": _BARE | _of("{town}的{thing}") | {
        "One More {thing}": "再一次的{thing}", "The Last {thing}": "最後的{thing}",
        "Our {thing}": "我們的{thing}", "{town}, with Love": "{town}之戀",
        "Return to {town}": "回到{town}", "Leaving {town}": "離開{town}",
        "Letters from {town}": "{town}來信", "Notes from {town}": "{town}手記",
        "A Year in {town}": "{town}的一年", "The People of {town}": "{town}人",
        "Below {town}": "{town}之下", "Nine Nights in {town}": "{town}九夜",
    },
    "th": _BARE | _of("{thing}แห่ง{town}") | {
        "Return to {town}": "คืนสู่{town}", "Letters from {town}": "จดหมายจาก{town}",
        "The Last {thing}": "{thing}สุดท้าย", "{town}, with Love": "รักจาก{town}",
    },
    "hi": _BARE | {
        "Return to {town}": "{town} वापसी", "Letters from {town}": "{town} से चिट्ठियाँ",
        "{town}, with Love": "{town} से प्यार", "{town}: {thing}": "{town}: {thing}",
    },
}  # fmt: skip


def _read(table: str) -> Iterator[tuple[str, str, str]]:
    """Rows of a table: how it begins, then pairs."""
    for line in table.strip().splitlines():
        first, *pairs = line.split("|")
        for pair in pairs:
            name, word = pair.split(":", 1)
            yield first, name, word


THINGS = {(thing, language): word for thing, language, word in _read(_THINGS)}
TOWNS = {(town, language): word for language, town, word in _read(_TOWNS)}


def original(pattern: str, thing: str, town: str, language: str) -> str:
    """The original of a title, or nothing where its words are not known."""
    wording = _PATTERNS.get(language, _BARE).get(pattern, "")
    words = {"thing": THINGS.get((thing, language), ""), "town": TOWNS.get((town, language), "")}
    needed = [name for _, name, _, _ in Formatter().parse(wording) if name]
    return wording.format(**words) if all(words[name] for name in needed) else ""
