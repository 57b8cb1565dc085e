"""Series synopses by genre: how a story begins, and the turn it takes.

Any beginning of a genre goes with any turn of it. The words in braces are those of `words.py`.
"""

from collections.abc import Mapping

_TEXT = """
# romance
{a} {family}, {role}, comes back to {town} for one week and finds that {b} never left.
For nine years {a} and {b} have shared the first bus out of {town} and not one word.
A letter posted in {town} eleven years ago is delivered at last, to {a} {family}, {role}, who was never meant to read it.
{a} {family}, {role}, rents the upper half of a house in {town}. The lower half belongs to {b}, who was promised it would stay empty.
> What was to be a farewell becomes a year of half-truths, shared meals and one question that neither will ask first.
> There is a wedding in the spring. It is not theirs, and that is the least of their difficulties.
> A comedy of good manners and bad timing, until the past takes a room across the street.
> By the first snow both know what they want, and neither can afford it.
# family
Three generations of {families} live above the same shop in {town}, and the will leaves it to a stranger called {b}.
When {a} {family}, {role}, inherits half of a house in {town}, the other half belongs to {b}. Neither will sell. Neither will say why.
Every Sunday the {families} of {town} eat together, and every Sunday one chair is laid for nobody.
The {families} have kept the same secret for thirty years. {a}, {role}, is the only one who was never told.
> A warm, sharp-eyed story about the families we are given and the ones we assemble.
> Over one long year the accounts are settled, in recipes, in grudges, and once in cash.
> {a} wants the truth, {b} wants it left alone, and everyone else wants dinner to be quiet for once.
> The house has to be empty by winter. Nobody has started to pack.
# workplace
{a} {family}, {role}, is hired in {town} to close a company down, and begins to like it.
At forty-one, {a} {family} starts again at the bottom, under {b}, who was once the trainee.
The best team in {town} has one rule: nobody eats lunch alone. {a} {family}, {role}, has broken it for six years.
On the day of the merger, {a} {family}, {role}, and {b} are given the same desk, the same title and one contract.
> Ambition, photocopiers and the long way to an honest conversation.
> Then an audit finds a number that should not be there, and only the two of them know whose it is.
> It turns out that the work is the easy part.
> A dry and tender series about the people we see more often than those we love.
# historical
In the last winter of the old dynasty {a} {family}, {role}, is given one night to copy a map that must not leave {town}.
{a} {family}, {role}, arrives at the governor's house in {town} under another person's name, and {b} recognises the handwriting.
A seal is stolen in {town}, and with it the honour of the {families}. {a}, {role}, has until the thaw to bring it back.
Two houses in {town} have not spoken since the flood. {a} {family} of the one and {b} {family2} of the other are sent to the capital in one carriage.
> At court every kindness is an entry in somebody's book.
> A story of silk, ink and slow revenge, in which nobody is as powerless as they look.
> The road is long, the winter early, and one of the escort has been paid twice.
> What began as obedience becomes the most dangerous thing in the province: an opinion.
# medical
{a} {family}, {role}, takes over the smallest ward in {town}, which is also the one that loses the fewest patients.
For one year {a} {family}, {role}, is the only doctor between {town} and the sea.
{a} {family} made one mistake, eight years ago. The patient's only child, {b}, has just joined the team.
The night shift at the hospital of {town} belongs to {a} {family}, {role}, and to whoever comes through the door.
> Each case is closed by morning. The one between the two of them is not.
> A humane series about skill, luck, and the difference it makes who holds the lift.
> The money runs out in spring, and somebody on the board would be glad of it.
> {b} keeps a list of those who went home. It is shorter than it should be.
# crime
A body comes in with the tide at {town}, wearing the coat that {a} {family}, {role}, gave away in March.
{a} {family}, {role}, has a confession, a weapon and a motive. They belong to three different people.
Twelve years after the case was closed, {b} walks into the station of {town} and asks to be arrested for it.
Nobody in {town} saw anything. {a} {family}, {role}, was standing next to them.
> The nearer the answer comes, the more it looks like home.
> Six days, one quiet street, and a witness who lies only about what does not matter.
> {b} was the first partner {a} ever trusted. That may have been the mistake.
> A patient, rain-soaked investigation in which the dead are the only ones without an alibi.
# school
The top of the class and the bottom of it share an umbrella outside the school of {town}, and nothing is the same on Monday.
{a} {family}, {role}, has changed schools five times and knows how to be forgotten. {b} has an excellent memory.
The literature club of {town} has one member left. It needs four by Friday.
Before the last summer ends, {a} {family}, {role}, means to do eleven things. {b} has found the list.
> A series about exams, first loyalties and the exact weight of a bag carried for someone else.
> Someone has been leaving answers in the library, to questions nobody has asked aloud.
> They have until graduation to put it right, and a swim meet to lose first.
> Funny until it is not, and then funny again.
# supernatural
{a} {family}, {role}, can see how long everyone in {town} has left. Above {b} there is nothing at all.
Each night at twelve a ferry leaves {town} that is in no timetable. {a} {family}, {role}, has been given a ticket.
{a} {family} wakes in {town} with somebody else's face, somebody else's debts, and {b} at the door with flowers.
The dead of {town} may ask one favour. {a} {family}, {role}, is the one they ask.
> Every answer has a price, and somebody has been paying it in their name.
> Half mystery, half ghost story: what is owed is always collected.
> Then {b} remembers a life in which the two of them had met before, and how it ended.
> The rule is simple. Nobody who broke it is here to explain it.
# nature
Filmed over four years from a hide outside {town}, the series follows {role} and one family of animals through drought and plenty.
{a} {family}, {role}, has counted the same stretch of shore near {town} every morning since 1994.
Above {town} begins a country that has no roads. {a} {family}, {role}, walks into it with a notebook and enough rice.
When the rains near {town} came three weeks late, everything that lives there had to decide what to do.
> Patient, exact and often funny about creatures that have no idea they are being watched.
> What looks like stillness turns out to be a negotiation, and the terms are changing.
> Filmed in natural light, without music over the hunts.
> The last episode was filmed twice, because the first ending did not hold.
# food
Before dawn in {town}, {a} {family}, {role}, begins what will be ready in nine days, if the weather holds.
There were forty workshops in this street of {town}. {a} {family}, {role}, has the last one, and an apprentice who is thinking of leaving.
From {town} to the coast and back: {a} {family}, {role}, follows one ingredient through every hand that it passes.
In {town} they say that a meal has three cooks. {a} {family} sets out to meet the two who are never seen.
> A series about work done slowly, and what it costs to go on doing it.
> Nothing is explained that can be shown, and nothing is tasted for the camera.
> Along the way: two feuds, one recipe that was stolen, and a very good breakfast.
> At its heart is a simple question: who will know how to do this in ten years?
# history
A box found under a stair in {town} holds two hundred letters, all opened, none answered. {a} {family}, {role}, reads them in order.
{a} {family}, {role}, retraces a journey that began in {town}, testing what is remembered against what was written down.
For a century the official account of what happened at {town} fitted on one page. {a} {family} went looking for the rest.
Two historians, {a} {family} and {b} {family2}, have disagreed about {town} for thirty years. They agreed to travel there together.
> The evidence is in account books, in songs, and once in the shape of a field.
> What emerges is smaller than the legend, and much more interesting.
> Told by those whose grandparents were in the room, and by the papers of those who were not.
> Not everyone in {town} was pleased to be asked.
# science
A signal reached {town} on a Tuesday and was filed as noise. {a} {family}, {role}, took it out of the file.
{a} {family}, {role}, has eleven months of funding and a question that may take forty years.
Inside a laboratory in {town}, {role} and a team of nine try to repeat the most quoted result of their field.
{a} {family} and {b} {family2} began with the same numbers in {town} and came to opposite conclusions. One of them is wrong.
> A series about being careful, which turns out to be thrilling.
> With unusual access to the failures, and a good deal of tea.
> The instruments are explained, then taken apart, then trusted a little less.
> How it feels not to know yet, filmed while they did not.
# justice
{a} {family}, {role}, was asked to read one old file in {town}. There were pages missing, and the numbering had been redone.
One night in {town} took three minutes and has been before the courts for nineteen years.
With unusual access and no narrator, the series spends a year in a courthouse of {town}, beside {role}.
The village said that it was {b}. {a} {family}, {role}, had the only recording, and nobody had played it to the end.
> Each episode follows one witness. By the fourth, none of the accounts can all be true.
> It asks less who did it than who was believed, and why.
> Nobody in it is a monster, which makes it no easier to watch.
> The verdict came during filming. It is not the end of the story.
# cities
The first tram in {town} leaves at 4:38. {a} {family}, {role}, has been on it for twenty-six years.
One housing block in {town}, two hundred doors, one year. {a} {family}, {role}, knocks on all of them.
{town} was drawn on paper before anyone lived there. {a} {family}, {role}, asks those who do what the paper left out.
When the bridge closed, {town} became two towns. {a} {family}, {role}, kept crossing.
> A portrait of a place by the people who keep it running.
> It is about concrete and rents, and also about the man who waters the roundabout.
> Filmed at walking pace, mostly at night.
> What it finds is neither decline nor miracle, but a great many arrangements.
# portraits
At eighty-one {a} {family} is preparing one last performance in {town}, and has told nobody that it is the last.
{a} {family}, {role}, has not been filmed since 1988. The conditions were: no studio, no biography, and lunch at noon.
For a year the camera stays with {a} {family}, {role}, in two rooms in {town}.
{a} {family} taught half of those who are famous in this field. In {town}, the other half tell the story.
> It is a film about practice: what is repeated, what is discarded, and what is kept for the evening.
> Old rivals, one great love and a piano that will not stay in tune.
> The best scenes are those in which nothing is said and something is finished.
> {b} {family2}, who was there for most of it, remembers it differently.
# ghost
{a} {family}, {role}, takes a winter post near {town} for the quiet. The quiet answers.
Eleven years after the fire, {b} walks back into {town}, no older. Only {a} {family}, {role}, remembers going to the funeral.
{a} and {b} {family} rent a house near {town} that they cannot afford, from a landlord they never meet, with one room that is not on the plan.
The lodger at the {families}' has paid until spring, eats nothing, and is seen only from the street.
> By the third night they have learned the rule that the neighbours keep, and broken it.
> Somebody has been setting the table, and each evening there is one more place.
> It is not angry. It is only lonely, and it has begun to learn their voices.
> A slow, cold, very human story about what a house is owed.
# folk-horror
In {town} they set one more place at the harvest table than there are guests. {a} {family}, {role}, is the first to ask who it is for.
The valley beyond {town} has had a good year, every year, for three centuries. {a} {family}, {role}, has found the account book.
{a} {family}, {role}, comes to {town} to write down the old songs, and is asked to leave out one verse.
The stone above {town} was moved for the new road. {a} {family} signed the paper.
> The neighbours are kind, the bread is good, and nobody will say what happened to the last one who stayed.
> As the festival comes nearer, {b} begins to be treated as an honoured guest.
> Something in the field keeps count.
> A tale of courtesy and mud, in which everyone has been told but the one who matters.
# psychological
{a} {family}, {role}, has not slept for nine days. On the tenth, somebody else in {town} describes the dream.
Every morning {a} {family} finds a note in the same hand. It is {a}'s own, and it knows what will happen.
{a} {family}, {role}, is asked to listen to forty hours of tape. On every one of them, {b} is in the room.
After the accident in {town}, {a} {family} is sure of two things, and {b} gently proves that one of them is false.
> There are no monsters here, only a door that was locked from the inside.
> With every session the story gets clearer, and further from what happened.
> Somebody is lying. It would be a comfort to know that it was somebody else.
> The less that is seen, the worse it becomes.
# creature
The lake at {town} was drained in a week. {a} {family}, {role}, is the first to walk on its floor, and not the first to leave tracks there.
Something under {town} keeps the hours. As the nights lengthen, {a} {family}, {role}, begins to hear it through the floor.
The ice near {town} gives back a boat that sank in 1931, with one of its crew still warm.
{a} {family}, {role}, is called to an animal that nobody in {town} can name, and it is not the one that did the biting.
> It is patient, it is not alone, and it has started to use the stairs.
> The storm will last four days. The doors will last two.
> {b} wants to study it. It has much the same idea.
> A tight, wet-booted siege in which the dark is the least of it.
# occult
{a} {family}, {role}, cleans a painting in {town} and finds under it the same room, with one more figure in it.
Seven candles were lit in the chapel at {town}, and six were paid for. {a} {family}, {role}, is sent to ask.
The {family} library is to be sold. {a}, {role}, is warned by {b} not to let anyone read the list aloud.
On the eve of the feast the bells of {town} ring by themselves, thirteen times, and {a} {family}, {role}, counts.
> What was called up long ago has kept its side of the bargain.
> Each thing that they undo was holding something else shut.
> {b} has been dead, it is said, since before the book was written.
> Faith is no protection. Neither, it turns out, is doubt.
"""


def _read() -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    stories = {}
    for part in _TEXT.strip().removeprefix("# ").split("\n# "):
        genre, *lines = part.splitlines()
        beginnings = tuple(line for line in lines if not line.startswith("> "))
        turns = tuple(line.removeprefix("> ") for line in lines if line.startswith("> "))
        stories[genre] = (beginnings, turns)
    return stories


STORIES = _read()
"""For each genre its beginnings and its turns."""
