"""Word lists: genres, and the patterns of titles, taglines and synopses of each strand.

In patterns `{a}`, `{b}` are people, who may be of either sex, `{family}` is the name of a family
and `{families}` its plural, `{town}` a town, `{thing}` a noun of the genre and `{role}` what the
first person does.
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
    bare: frozenset[str]
    """Those of them that take no article or adjective: salt, gravity, a second spring."""
    roles: tuple[str, ...]


def _kind(slug: str, name: str, strand: Strand, weight: int, things: str, roles: str) -> Kind:
    names = things.split("|")
    bare = frozenset(name.removeprefix("~") for name in names if name.startswith("~"))
    plain = tuple(name.removeprefix("~") for name in names)
    return Kind(slug, name, strand, weight, plain, bare, tuple(roles.split("|")))


D, F, H = Strand.DRAMA, Strand.DOCUMENTARY, Strand.HORROR

KINDS = (
    _kind("romance", "Romance", D, 20,
          "Umbrella|Paper Boat|~Last Train|Rooftop|Letter|Cherry Tree|Night Bus|Window Seat|Tea House|Promise|~Second Spring|Ferry",
          "a bookshop owner|a night-bus driver|a translator|a pastry chef|a piano tuner|a wedding planner with a lawyer's doubts"),
    _kind("family", "Family", D, 16,
          "Courtyard|Kitchen Table|Inheritance|Orchard|Noodle Shop|Homecoming|~Sunday|House Key|Recipe|Persimmon|Wedding Year|Salt Field",
          "the eldest of six|a cook with a bad heart|home after eleven years|the guardian of nine cousins|the last tenant of the house"),
    _kind("workplace", "Workplace", D, 10,
          "Fourteenth Floor|~Probation|~Overtime|Night Shift|Newsroom|Corner Desk|Test Kitchen|Merger|~Open Plan|Deadline",
          "an intern of forty-six|a failed founder|a meticulous auditor|a newsreader on a last contract"),
    _kind("historical", "Historical", D, 12,
          "Jade Seal|Ninth Gate|Silk Map|Lantern Festival|Winter Palace|Falcon|Salt Road|Court Physician|Painted Fan|Moon Pavilion|Ferryman",
          "a palace scribe|a disgraced general|a mapmaker's apprentice|a court physician|a travelling bookseller"),
    _kind("medical", "Medical", D, 7,
          "~Ward Nine|Night Ward|Heartbeat|Island Clinic|~First Incision|Recovery Room|~Triage|White Corridor",
          "a surgeon who has stopped operating|a young island doctor|a transplant coordinator|a charge nurse"),
    _kind("crime", "Crime", D, 13,
          "~Cold Harbour|Witness|Tidemark|Alibi|Third Suspect|Silent Partner|Evidence Room|Ledger|~Low Tide|Quiet Street|Undertow",
          "a detective three weeks from retirement|a forensic linguist|a prosecutor|a ferry captain who saw too much"),
    _kind("school", "School days", D, 9,
          "~Class of Rain|Library Card|~Summer Term|Rooftop Club|Back Row|Exchange Student|Swim Team|~Exam Season|Chalk Line",
          "a transfer student|a substitute teacher|the school's worst debater|a reluctant class president"),
    _kind("supernatural", "Supernatural thriller", D, 8,
          "Borrowed Face|Midnight Ferry|Hollow Bell|Thirteenth Guest|Second Shadow|Glass Well|Returning Tide|Red Thread",
          "a reaper on probation|a fortune teller who is never right|a clockmaker|a medium who has lost the gift"),
    _kind("nature", "Nature", F, 14,
          "River|Canopy|Tideline|Migration|Mangrove|Headland|Wetland|~Dry Season|Night Forest|Reef|High Plateau|Estuary",
          "a field biologist|a ranger|a seabird counter|an entomologist"),
    _kind("food", "Food and craft", F, 10,
          "~Fermentation|Market|~Salt|~Bread|~Night Stalls|~Indigo|Kiln|Harvest|Noodle House|Knife Maker|Tea Road",
          "a third-generation miller|a potter|a street cook|a dyer of indigo"),
    _kind("history", "History", F, 10,
          "Archive|Lost Port|Railway|Border|Shipwreck|Printing House|Census|Excavation|Telegraph|Treaty",
          "an archivist|a diver|a retired stationmaster|a local historian"),
    _kind("science", "Science", F, 9,
          "~Orbit|Signal|~Deep Time|~Gravity|Observatory|Microbe|Particle|Prediction|Pattern|Vaccine",
          "a radio astronomer|a mathematician|a marine geologist|an epidemiologist"),
    _kind("justice", "Justice", F, 9,
          "Verdict|Appeal|Missing Hour|Testimony|Case File|Whistle|Hearing|~Reasonable Doubt|~Last Witness",
          "a public defender|a court stenographer|an investigative reporter|a retired judge"),
    _kind("cities", "Cities", F, 8,
          "Night Bus|Underground|Flyover|Waterfront|~Concrete|Corner Shop|Tram Line|Housing Block|Bridge",
          "a tram driver|a housing officer|an architect|a street photographer"),
    _kind("portraits", "Portraits", F, 8,
          "Rehearsal|Studio|Voice|Long Run|~Second Act|Choreographer|Luthier|Understudy|Sketchbook",
          "a dancer|a luthier|a poet in exile|a stage designer"),
    _kind("ghost", "Ghost stories", H, 14,
          "Lodger|Empty Chair|Thin Wall|Cold Room|Portrait|Lullaby|~Upstairs|Unlit House|Widow's Walk|Return",
          "a night nurse|a locksmith|a house clearer|a caretaker"),
    _kind("folk-horror", "Folk horror", H, 12,
          "Harvest|Standing Stone|Corn Mother|Well|Hollow|Procession|Antler|Old Road|Bonfire|Salt Circle",
          "a schoolteacher new to the valley|a folklorist|a surveyor|a priest without a parish"),
    _kind("psychological", "Psychological", H, 11,
          "Mirror|~Insomnia|Second Self|Locked Ward|Echo|Guest Room|~White Noise|Confession|Blind Spot",
          "a sleep researcher|a ghostwriter|an interpreter|a twin"),
    _kind("creature", "Creatures", H, 9,
          "~Deep Water|Burrow|Moult|Feeding|Tunnel|Brood|Cave Mouth|Black Lake|Thaw",
          "a cave diver|a lighthouse keeper|a vet|a trapper"),
    _kind("occult", "Occult", H, 8,
          "Seventh Candle|Sigil|Black Chapel|Coven|~Ash Wednesday|Grimoire|Bell Tower|Vigil|Relic",
          "a restorer of paintings|a lapsed novice|a rare-book dealer|an organist"),
)  # fmt: skip

TITLES = {
    D: ("The {thing}", "{thing}", "The {thing} in {town}", "Our {thing}", "{town}, with Love",
        "Before the {thing}", "{a} and the {thing}", "The {family} {thing}", "One More {thing}",
        "A {thing} in {town}", "Beyond the {thing}", "My Name Is {a}", "Return to {town}",
        "The Other {thing}", "Dear {a}", "The House of {family}", "{a} of {town}", "Leaving {town}"),
    F: ("{thing}", "The {thing}", "{town}: {thing}", "Inside the {thing}", "The Last {thing}",
        "The Long {thing}", "The {town} {thing}", "The {thing} Years", "After the {thing}",
        "A Year in {town}", "Notes from {town}", "The People of {town}", "Letters from {town}"),
    H: ("The {thing}", "{thing}", "What {a} Heard", "The {thing} at {town}", "Beneath the {thing}",
        "The {family} {thing}", "Do Not Wake {a}", "Below {town}", "Nine Nights in {town}",
        "The Other {thing}", "Beyond the {thing}", "{a} Is Home", "The {families}"),
}  # fmt: skip

BARE_TITLES = {
    D: ("{thing}", "{thing} in {town}"),
    F: ("{thing}", "{town}: {thing}", "{thing} in {town}"),
    H: ("{thing}", "{thing} at {town}"),
}
"""For things that take no article."""

TAGLINES = {
    D: ("Some doors open only once.", "Home was the easy part.", "Two people, one secret, thin walls.",
        "Everyone in {town} knows but {a}.", "The truth keeps better than the promise did.",
        "It began with a wrong number.", "You can leave {town}. It will not leave you.",
        "Love is patient. {a} is not.", "A year is long enough to change one mind.",
        "What the {families} never say at dinner.", "The second chance comes with conditions.",
        "One of them kept the letter. The other kept the answer.", "Good intentions, badly timed.",
        "They agreed never to speak of it. It was a short agreement.", "Nothing in {town} stays lent.",
        "The quiet one has something to say.", "Forgive first. Ask later.",
        "{b} was not part of the plan.", "Every favour is on the books."),
    F: ("The story beneath the surface.", "Look longer.", "Ten years of patience, in {town}.",
        "What remains when everyone goes home.", "The people who keep it running.",
        "Small things, measured carefully.", "A record of what was nearly lost.",
        "Nobody asked them. We did.", "How it works, and whom it works for.",
        "Four seasons, one place.", "From {town} to everywhere.",
        "The long answer.", "Close enough to hear it.", "It was always in the records.",
        "Slow work, seen whole.", "Where the map stops."),
    H: ("It has always lived here.", "Do not answer the second knock.", "Someone in {town} is still awake.",
        "The dark remembers your name.", "They were told to leave before harvest.",
        "Count the guests again.", "Nothing stays buried in wet ground.", "It only wants to come in.",
        "{a} is not the one asking.", "Every light in the house is on.", "Sleep is how it finds you.",
        "You were only the first to hear it.", "Leave the light. Leave the door. Leave.",
        "What you feed stays.", "{town} is full. It always was.", "Some rooms are not on the plan."),
}  # fmt: skip

EPISODE_TITLES = {
    D: ("The Wrong Umbrella", "What {b} Saw", "A Table for Two", "Rain Before Noon", "The Letter", "House Rules",
        "An Ordinary Tuesday", "Last Orders", "The Visitor", "Half a Truth", "Somebody's Wedding", "The Long Way Home",
        "Low Tide", "Debts", "Second Helpings", "The Key", "Three Missed Calls", "What We Owe {a}", "Leaving {town}",
        "Old Friends", "A Good Impression", "The Photograph", "No Reply", "Snow, Briefly", "Apologies", "The Offer",
        "Dinner at the {families}'", "Open Windows", "The Name on the Door", "Practice", "The Night Before", "Begin Again",
        "The Understudy", "Small Change", "A Borrowed Coat", "Nobody's Birthday", "The Detour", "Second Thoughts",
        "What {a} Kept", "The Other Invitation"),
    F: ("First Light", "The Ledger", "Upstream", "A Question of Scale", "The Keeper", "Ground Truth", "Night Work",
        "Inheritance", "What the Map Left Out", "The Long Count", "Weather", "Hands", "Room 114", "The Survey",
        "A Matter of Record", "Margins", "{town}, 5 a.m.", "Salt", "The Return", "Second Opinion", "Tolerances",
        "The Last Mile", "Voices", "What Remains", "The Apprentice", "Low Water", "An Open Question", "Evening",
        "The Other Archive", "By Hand"),
    H: ("The Second Knock", "House Plan", "Wet Earth", "Someone Else's Coat", "The Spare Place", "Do Not Wake {b}",
        "Thin Ice", "Vigil", "The Door in the Hall", "Salt", "Teeth", "An Invitation", "Under the Floor", "Candle Hour",
        "What the Dog Saw", "A Voice Like {b}'s", "The Long Night", "Guests", "A Name for It", "Morning, Almost",
        "The Thirteenth Stair", "Borrowed Breath", "Nobody Upstairs", "The Good Neighbours", "Ash", "The Caller",
        "What the Water Kept", "Dust on the Glass", "The Last House", "Come In"),
}  # fmt: skip

EPISODE_SYNOPSES = {
    D: ("{a} agrees to one last favour, and {b} misreads it completely.", "A dinner in {town} goes on an hour too long.",
        "{b} returns the key. {a} pretends not to notice the note that comes with it.",
        "An unexpected guest forces the {families} to agree on a story.",
        "{a} practises an apology on everyone but {b}.", "A storm keeps both of them at the station until morning.",
        "The offer from {town} arrives a day after {a} has stopped hoping for it.",
        "{b} learns what the letter said, from the last person who should have told.",
        "For once nothing goes wrong, which is what worries {a}.", "Old accounts are settled; a new one is opened.",
        "{a} finds the photograph, and a second one behind it.", "Someone has to tell the {families}. They draw lots.",
        "{a} is seen where nobody from the family should be.", "{b} cooks for nine. Four come, and one of them is not hungry.",
        "The power is out all over {town}, and people say what they would not say in the light.",
        "A name is left off the invitation. It was not an oversight.", "{b} keeps a promise, to the wrong person.",
        "{a} wins the argument and loses the afternoon.", "The landlord comes a week early, with a suitcase.",
        "Two old friends of the {families} remember the same summer differently.",
        "{a} takes the blame. {b} cannot decide whether to be grateful.", "A wrong number calls again, and this time {b} answers.",
        "The doctor has good news, and asks them to sit down.", "{b} reads the contract to the end. Nobody else has.",
        "A child in {town} asks the question that the grown-ups have avoided for years.",
        "They rehearse the speech so often that it starts to be true.", "{a} sells the car, and walks home the long way.",
        "{b} has a visitor from before, who knows another version of the story.",
        "One day, from breakfast to midnight, in which {a} does not tell a single lie.",
        "The {families} pose for a photograph. It takes three hours and ends a friendship.",
        "{a} and {b} are stuck with each other, a broken lift and half a cake.",
        "The neighbours have known all along, and would like to help.", "A funeral, two wills and one pair of good shoes.",
        "{b} leaves {town} on the morning train, and is back by the evening.",
        "Everybody is sorry at the same time, which helps nobody.", "The secret gets out through the smallest door.",
        "{a} finally asks. The answer is a question.", "A festival in {town}, a lost shoe and a decision.",
        "{b} forgives the wrong thing.", "What was said on the stairs is heard on the landing.",
        "{a} gets what was wanted in the first week, and hardly notices.", "It ends as it began, with one of them waiting."),
    F: ("A year's work comes down to one clear morning near {town}.", "{a} explains the instrument, then takes it apart.",
        "The records disagree. {b} goes to look.", "Before dawn in {town}, with the people who start first.",
        "A method older than the country meets its replacement.", "What was thrown away, who kept it, and why.",
        "{a} and {b} walk the line on the map, and find where it bends.", "The numbers are good. The weather is not.",
        "An answer, and the better question it leads to.", "Three witnesses remember the same day.",
        "{b} has kept a diary since the beginning, and opens it for the first time.",
        "Permission is refused. The team goes round by the other side.",
        "The quietest week of the year, in which everything is decided.", "{a} goes back to where the first mistake was made.",
        "A stranger writes from far away, with the missing half.", "The oldest person in {town} corrects the film.",
        "It rains for nine days. There is time to talk.", "What the experts agreed on in 1970, and who paid for it.",
        "{a} teaches someone who will do it differently.", "Two hours of waiting, eleven seconds of it happening.",
        "A door in {town} that has been shut since the war is opened.", "How much it costs, to the last coin.",
        "{b} disagrees, on camera and at length.", "The same place a year later, from the same spot.",
        "The evidence fits in one hand.", "Night falls on {town}, and the second shift begins.",
        "They start again, from a better beginning.", "What the children of {town} make of it.",
        "The end of the season, and of an argument.", "{a} watches the first hour of this film, and has some remarks."),
    H: ("{a} counts the stairs twice and gets two answers.", "The neighbours bring bread, and advice.",
        "{b} hears the lullaby through a wall that has nothing behind it.", "A grave in {town} is found tidy, and empty.",
        "The power fails for eleven minutes. Someone moved the chairs.", "{a} finds a room that is warmer than it should be.",
        "What was buried is returned, washed.", "They agree to sleep in turns. Nobody wakes {b}.",
        "The dog will not come in. Then it will not go out.", "{a} answers the second knock.",
        "There are four of them in the photograph. Five took the road.", "{b} comes home early, and again an hour later.",
        "The priest of {town} would rather not come inside.", "Every clock in the house stops at a time that has not come yet.",
        "{a} reads the visitors' book, and finds tomorrow.", "Something has been eating the salt.",
        "The telephone rings in the part of the house that was pulled down.",
        "{b} tells the story as a joke. Nobody at the table laughs.", "They leave {town} by the only road, and arrive in {town}.",
        "The wet footprints begin in the middle of the room.", "{a} burns the letters. In the morning they are in the drawer.",
        "A child says good night to someone behind the door.", "{b} remembers the name, and says it.",
        "The fog lets them out as far as the gate.", "What they took for the wind has been asking for {a}.",
        "They find the plan of the house, and a hand that is still drawing it.",
        "The doctor cannot explain it, and asks them not to come again.", "One of them has not cast a shadow since Tuesday.",
        "{a} bargains. It has done this before.", "Morning comes, for most of them."),
}  # fmt: skip

SPECIALS = (
    (
        "A New Year in Between",
        "One evening, two families and {b}, who was not invited, between the seasons.",
    ),
    (
        "Behind the Door",
        "How it was made: the house that was built twice, and what {town} thought of it.",
    ),
    (
        "The Long Table",
        "Those who made it meet in {town} and disagree, pleasantly, about the ending.",
    ),
    ("Lost Scenes", "What did not fit: eleven scenes, among them the one everyone had asked for."),
    ("Before It Began", "Ten years earlier {a} comes to {town} for the first time."),
)

PARTNER_ENDINGS = (
    "Pictures",
    "Television",
    "Films",
    "Studios",
    "Media",
    "Productions",
    "Broadcasting",
)
