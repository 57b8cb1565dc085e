"""What is seen and said in each clip, as data."""

from dataclasses import dataclass

SECONDS = 20


@dataclass(frozen=True)
class Line:
    """Said and shown from `at`, in seconds; the subtitle stays for `stays`."""

    at: float
    stays: float
    english: str
    korean: str


@dataclass(frozen=True)
class Script:
    """A clip. `genres` of the catalogue play it."""

    slug: str
    title: str
    strand: str
    genres: tuple[str, ...]
    voice: str
    """One of flite's."""
    lines: tuple[Line, ...]
    shots: tuple[str, ...] = ()
    """Names of scenes, in their order."""
    credit: str = ""


SCRIPTS = (
    Script(
        slug="after-dark",
        title="After Dark",
        strand="drama",
        genres=("romance", "family", "workplace", "historical", "medical", "crime", "school"),
        voice="slt",
        shots=("lanterns", "skyline", "sea"),
        lines=(
            Line(2.0, 3.0, "The last ferry leaves at nine.", "마지막 배는 아홉 시에 떠나요."),
            Line(6.5, 3.0, "You said that you would write.", "편지하겠다고 했잖아요."),
            Line(11.0, 2.5, "I did. Every night.", "썼어요. 매일 밤."),
            Line(15.0, 3.5, "I never knew where to send it.", "어디로 보내야 할지 몰랐을 뿐이에요."),
        ),
    ),
    Script(
        slug="the-long-look",
        title="The Long Look",
        strand="documentary",
        genres=("nature", "food", "history", "justice"),
        voice="rms",
        shots=("hills", "contours", "strata"),
        lines=(
            Line(2.0, 4.0, "Before the sun is up, the valley is already at work.",
                 "해가 뜨기도 전에 골짜기는 벌써 일을 시작합니다."),
            Line(7.5, 3.0, "Nothing here is in a hurry.", "이곳에서는 아무것도 서두르지 않습니다."),
            Line(11.5, 4.0, "The river took ten thousand years to reach this bend.",
                 "강이 이 굽이에 닿기까지 만 년이 걸렸습니다."),
            Line(16.5, 3.0, "We stayed for a year, and looked.", "우리는 일 년을 머물며 바라보았습니다."),
        ),
    ),
    Script(
        slug="who-is-counting",
        title="Who Is Counting",
        strand="horror",
        genres=("ghost", "folk-horror", "psychological", "creature", "occult", "supernatural"),
        voice="awb",
        shots=("house", "corridor", "eye"),
        lines=(
            Line(2.0, 2.5, "Do not open the door.", "문을 열지 마."),
            Line(6.5, 3.0, "There is nobody on this floor.", "이 층에는 아무도 없어."),
            Line(11.0, 3.0, "So who is counting?", "그럼 누가 세고 있는 거지?"),
            Line(15.5, 3.5, "Three. Two. One.", "셋. 둘. 하나."),
        ),
    ),
    Script(
        slug="five-seconds",
        title="Five Seconds",
        strand="documentary",
        genres=("science", "cities", "portraits"),
        voice="slt",
        lines=(
            Line(0.5, 3.5, "Five seconds of a film.", "어느 영화의 5초입니다."),
            Line(6.0, 4.0, "Once more, at half the speed.", "절반의 속도로 다시 한 번."),
            Line(16.0, 4.5, "And now the edges alone, as an encoder looks for them.",
                 "이번에는 윤곽선만. 인코더는 이렇게 봅니다."),
        ),
        credit="Contains five seconds of Big Buck Bunny, © 2008 Blender Foundation, "
               "www.bigbuckbunny.org, CC BY 3.0; slowed down and reduced to edges.",
    ),
)  # fmt: skip
