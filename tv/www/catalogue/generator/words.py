"""Word lists: genres, and the patterns of titles, taglines and synopses of each strand.

In patterns `{a}`, `{b}` are people, `{family}` a family, `{town}` a town, `{thing}` a noun of
the genre and `{role}` what the first person does.
"""

from dataclasses import dataclass

from catalogue.models import Strand


@dataclass(frozen=True)
class Kind:
    """A genre and the words it is made of."""

    slug: str
    name: str
    strand: Strand
    weight: int
    things: tuple[str, ...]
    roles: tuple[str, ...]


def _kind(slug: str, name: str, strand: Strand, weight: int, things: str, roles: str) -> Kind:
    return Kind(slug, name, strand, weight, tuple(things.split("|")), tuple(roles.split("|")))


D, F, H = Strand.DRAMA, Strand.DOCUMENTARY, Strand.HORROR

KINDS = (
    _kind("romance", "Romance", D, 20,
          "Umbrella|Paper Boat|Last Train|Rooftop|Letter|Cherry Tree|Night Bus|Window Seat|Tea House|Promise|Second Spring|Ferry",
          "a bookshop owner|a night-bus driver|a translator|a pastry chef|a piano tuner|a wedding planner who does not believe in weddings"),
    _kind("family", "Family", D, 16,
          "Courtyard|Kitchen Table|Inheritance|Orchard|Noodle Shop|Homecoming|Sunday|House Key|Recipe|Persimmon|Wedding Year|Salt Field",
          "the eldest daughter|a widowed fisherman|a returning son|a grandmother of nine|the last tenant of the house"),
    _kind("workplace", "Workplace", D, 10,
          "Fourteenth Floor|Probation|Overtime|Night Shift|Newsroom|Corner Desk|Test Kitchen|Merger|Open Plan|Deadline",
          "an intern of forty-six|a failed founder|a meticulous auditor|a newsreader on her last contract"),
    _kind("historical", "Historical", D, 12,
          "Jade Seal|Ninth Gate|Silk Map|Lantern Festival|Winter Palace|Falcon|Salt Road|Court Physician|Painted Fan|Moon Pavilion|Ferryman",
          "a palace scribe|a disgraced general|a mapmaker's apprentice|a court physician|a travelling bookseller"),
    _kind("medical", "Medical", D, 7,
          "Ward Nine|Night Ward|Heartbeat|Island Clinic|First Incision|Recovery Room|Triage|White Corridor",
          "a surgeon who has stopped operating|a young island doctor|a transplant coordinator|a charge nurse"),
    _kind("crime", "Crime", D, 13,
          "Cold Harbour|Witness|Tidemark|Alibi|Third Suspect|Silent Partner|Evidence Room|Ledger|Low Tide|Quiet Street|Undertow",
          "a detective three weeks from retirement|a forensic linguist|a prosecutor|a ferry captain who saw too much"),
    _kind("school", "School days", D, 9,
          "Class of Rain|Library Card|Summer Term|Rooftop Club|Back Row|Exchange Student|Swim Team|Exam Season|Chalk Line",
          "a transfer student|a substitute teacher|the school's worst debater|a reluctant class president"),
    _kind("supernatural", "Supernatural thriller", D, 8,
          "Borrowed Face|Midnight Ferry|Hollow Bell|Thirteenth Guest|Second Shadow|Glass Well|Returning Tide|Red Thread",
          "a reaper on probation|a fortune teller who is never right|a clockmaker|a medium who has lost her gift"),
    _kind("nature", "Nature", F, 14,
          "River|Canopy|Tideline|Migration|Mangrove|Glacier|Wetland|Dry Season|Night Forest|Reef|High Plateau|Estuary",
          "a field biologist|a ranger|a seabird counter|an ice-core driller"),
    _kind("food", "Food and craft", F, 10,
          "Fermentation|Market|Salt|Bread|Night Stalls|Indigo|Kiln|Harvest|Noodle|Knife Maker|Tea Road",
          "a third-generation miller|a potter|a street cook|a dyer of indigo"),
    _kind("history", "History", F, 10,
          "Archive|Lost Port|Railway|Border|Shipwreck|Printing House|Census|Excavation|Telegraph|Treaty",
          "an archivist|a diver|a retired stationmaster|a historian of small things"),
    _kind("science", "Science", F, 9,
          "Orbit|Signal|Deep Time|Gravity|Observatory|Microbe|Particle|Prediction|Pattern|Vaccine",
          "a radio astronomer|a mathematician|a marine geologist|an epidemiologist"),
    _kind("justice", "Justice", F, 9,
          "Verdict|Appeal|Missing Hour|Testimony|Case File|Whistle|Hearing|Reasonable Doubt|Last Witness",
          "a public defender|a court stenographer|an investigative reporter|a judge, retired"),
    _kind("cities", "Cities", F, 8,
          "Night Bus|Underground|Rooftops|Waterfront|Concrete|Corner Shop|Tram Line|Housing Block|Bridge",
          "a tram driver|a housing officer|an architect|a street photographer"),
    _kind("portraits", "Portraits", F, 8,
          "Rehearsal|Studio|Voice|Long Run|Second Act|Choreographer|Luthier|Understudy|Sketchbook",
          "a dancer|a luthier|a poet in exile|a marathon runner of eighty"),
    _kind("ghost", "Ghost stories", H, 14,
          "Lodger|Empty Chair|Thin Wall|Cold Room|Portrait|Lullaby|Upstairs|Unlit House|Widow's Walk|Return",
          "a night nurse|a locksmith|a house clearer|a caretaker"),
    _kind("folk-horror", "Folk horror", H, 12,
          "Harvest|Standing Stone|Corn Mother|Well|Hollow|Procession|Antler|Old Road|Bonfire|Salt Circle",
          "a schoolteacher new to the valley|a folklorist|a surveyor|a priest without a parish"),
    _kind("psychological", "Psychological", H, 11,
          "Mirror|Insomnia|Second Self|Locked Ward|Echo|Guest Room|White Noise|Confession|Blind Spot",
          "a sleep researcher|a ghostwriter|an interpreter|a twin"),
    _kind("creature", "Creatures", H, 9,
          "Deep Water|Burrow|Moult|Feeding|Tunnel|Brood|Cave Mouth|Black Lake|Thaw",
          "a cave diver|a lighthouse keeper|a vet|a trapper"),
    _kind("occult", "Occult", H, 8,
          "Seventh Candle|Sigil|Black Chapel|Coven|Ash Wednesday|Grimoire|Bell Tower|Vigil|Relic",
          "a restorer of paintings|a lapsed nun|a rare-book dealer|an organist"),
)  # fmt: skip

TITLES = {
    D: ("The {thing}", "{thing}", "The {thing} of {town}", "Our {thing}", "{town}, with Love",
        "Before the {thing}", "{a} and the {thing}", "The {family} {thing}", "One More {thing}",
        "A {thing} in {town}", "Beyond the {thing}", "My Name Is {a}", "Return to {town}",
        "The Last {thing}", "Dear {a}", "Every {thing}", "The House of {family}"),
    F: ("{thing}", "The {thing}", "{town}: {thing}", "Inside the {thing}", "A History of the {thing}",
        "The Last {thing}", "The Lost {thing}", "The Long {thing}", "The {town} {thing}",
        "Where the {thing} Ends", "The {thing} Files", "Measuring the {thing}", "After the {thing}"),
    H: ("The {thing}", "{thing}", "What {a} Heard", "The {thing} at {town}", "Beneath the {thing}",
        "Under the {thing}", "The {family} {thing}", "Do Not Wake {a}", "Below {town}",
        "The {thing} Knows", "Nine Nights in {town}", "The Other {thing}", "Feed the {thing}"),
}  # fmt: skip

TAGLINES = {
    D: ("Some doors open only once.", "Home was the easy part.", "Two people, one secret, no umbrella.",
        "Everyone in {town} knows but {a}.", "The truth keeps better than the promise did.",
        "It began with a wrong number.", "You can leave {town}. It will not leave you.",
        "Love is patient. {a} is not.", "A year is long enough to change one mind.",
        "What the {family}s never say at dinner.", "The second chance comes with conditions.",
        "She kept the letter. He kept the answer."),
    F: ("The story beneath the surface.", "Look longer.", "Ten years of patience, in {town}.",
        "What remains when everyone goes home.", "The people who keep it running.",
        "Small things, measured carefully.", "A record of what was nearly lost.",
        "Nobody asked them. We did.", "How it works, and whom it works for.",
        "Four seasons, one place.", "From {town} to everywhere."),
    H: ("It has always lived here.", "Do not answer the second knock.", "Someone in {town} is still awake.",
        "The dark remembers your name.", "They were told to leave before harvest.",
        "Count the guests again.", "Nothing stays buried in wet ground.", "It only wants to come in.",
        "{a} is not the one asking.", "Every light in the house is on.", "Sleep is how it finds you."),
}  # fmt: skip

SYNOPSES = {
    D: ("{a} {family}, {role}, comes back to {town} for one week and finds that {b} never left. What was to be a farewell becomes a year of half-truths, shared meals and one letter that nobody dares to open.",
        "When {a} {family}, {role}, inherits half of a house in {town}, the other half belongs to {b}. Neither will sell. Neither will say why.",
        "Everyone in {town} depends on {a} {family}, {role}, and nobody asks how {a} is. Then {b} moves in across the street, with a suitcase and the wrong name.",
        "{a} {family} has planned everything: the job, the flat, the apology. {b} was not in the plan. A warm, sharp-eyed story about the families we are given and the ones we assemble, set in {town}.",
        "A photograph found in {town} ties {role} to a promise made thirty years ago. {a} wants the truth; {b} wants it left alone; the {family} family wants dinner to be quiet for once."),
    F: ("Filmed over four years in and around {town}, this series follows {role} through work that few people see and everyone relies on. Patient, exact and often funny.",
        "{a} {family}, {role}, set out to answer one question. The answer led from {town} to three continents, and to people who had waited a long time to be asked.",
        "With unusual access and no narrator, the series spends a year beside {role} in {town}. What seems routine turns out to be an argument about what we keep and what we let go.",
        "Maps, letters and long walks: {a} {family} retraces a journey that began in {town}, testing what is remembered against what was written down.",
        "How did a place like {town} come to matter so much? {a} {family}, {role}, and {b} {family2} take the long way round to an answer."),
    H: ("{a} {family}, {role}, takes a winter post near {town} for the quiet. The quiet answers. By the third night {a} has learned the rule that the neighbours keep, and broken it.",
        "In {town} they set one more place at the table than there are guests. {a} {family}, {role}, is the first to ask who it is for.",
        "Eleven years after the fire, {b} walks back into {town}, no older. Only {a} {family}, {role}, remembers going to the funeral.",
        "Something under {town} keeps the hours. As the nights lengthen, {role} begins to hear it through the floor, and it begins to hear back. A slow, cold, very human story of dread.",
        "{a} and {b} {family} rent a house near {town} that they cannot afford, from a landlord they never meet, with one room that is not on the plan."),
}  # fmt: skip

EPISODE_TITLES = {
    D: ("The Wrong Umbrella", "What {b} Saw", "A Table for Two", "Rain Before Noon", "The Letter", "House Rules",
        "An Ordinary Tuesday", "Last Orders", "The Visitor", "Half a Truth", "Somebody's Wedding", "The Long Way Home",
        "Low Tide", "Debts", "Second Helpings", "The Key", "Three Missed Calls", "What We Owe {a}", "Leaving {town}",
        "Old Friends", "A Good Impression", "The Photograph", "No Reply", "Snow, Briefly", "Apologies", "The Offer",
        "Dinner at the {family}s'", "Open Windows", "The Name on the Door", "Practice", "The Night Before", "Begin Again"),
    F: ("First Light", "The Ledger", "Upstream", "A Question of Scale", "The Keeper", "Ground Truth", "Night Work",
        "Inheritance", "What the Map Left Out", "The Long Count", "Weather", "Hands", "Room 114", "The Survey",
        "A Matter of Record", "Margins", "{town}, 5 a.m.", "Salt", "The Return", "Second Opinion", "Tolerances",
        "The Last Mile", "Voices", "What Remains"),
    H: ("The Second Knock", "House Plan", "Wet Earth", "Someone Else's Coat", "The Spare Place", "Do Not Wake {b}",
        "Thin Ice", "Vigil", "The Door in the Hall", "Salt", "Teeth", "An Invitation", "Under the Floor", "Candle Hour",
        "What the Dog Saw", "Her Voice", "The Long Night", "Guests", "A Name for It", "Morning, Almost"),
}  # fmt: skip

EPISODE_SYNOPSES = {
    D: ("{a} agrees to one last favour, and {b} misreads it completely.", "A dinner in {town} goes on an hour too long.",
        "{b} returns the key. {a} pretends not to notice the note that comes with it.",
        "An unexpected guest forces the {family} family to agree on a story.",
        "{a} practises an apology on everyone but {b}.", "A storm keeps both of them at the station until morning.",
        "The offer from {town} arrives a day after {a} has stopped hoping for it.",
        "{b} learns what the letter said, from the last person who should have told.",
        "For once nothing goes wrong, which is what worries {a}.", "Old accounts are settled; a new one is opened.",
        "{a} finds the photograph, and a second one behind it.", "Someone has to tell the {family}s. They draw lots."),
    F: ("A year's work comes down to one clear morning near {town}.", "{a} explains the instrument, then takes it apart.",
        "The records disagree. {b} goes to look.", "Before dawn in {town}, with the people who start first.",
        "A method older than the country meets its replacement.", "What was thrown away, who kept it, and why.",
        "{a} and {b} walk the line on the map, and find where it bends.", "The numbers are good. The river is not.",
        "An answer, and the better question it leads to.", "Three witnesses remember the same day."),
    H: ("{a} counts the stairs twice and gets two answers.", "The neighbours bring bread, and advice.",
        "{b} hears the lullaby through a wall that has nothing behind it.", "A grave in {town} is found tidy, and empty.",
        "The power fails for eleven minutes. Someone moved the chairs.", "{a} finds a room that is warmer than it should be.",
        "What was buried is returned, washed.", "They agree to sleep in turns. Nobody wakes {b}.",
        "The dog will not come in. Then it will not go out.", "{a} answers the second knock."),
}  # fmt: skip

PARTNER_ENDINGS = ("Pictures", "Television", "Films", "Studios", "Media")
