"""What is decided about a video, as data: no ffmpeg runs here."""

from pathlib import Path

from django.test import SimpleTestCase

from playback.video import commands, complaints, ladder, package, playlists, source
from playback.video.errors import Hindered, Refused
from playback.video.manifest import Rendition, Track
from playback.video.source import Source, TextTrack

HD = Source(duration=60.0, width=1280, height=720, sound=True)


def picture(**fields):
    return {"codec_type": "video", "width": 1280, "height": 720, **fields}


def found(*streams, duration="60.0"):
    return {"streams": list(streams), "format": {"duration": duration}}


class Judged(SimpleTestCase):
    def test_what_is_taken(self):
        """Size as seen, length, sound, and the subtitles that are text."""
        texts = [
            {"codec_type": "subtitle", "codec_name": "dvd_subtitle"},
            {"codec_type": "subtitle", "codec_name": "subrip", "tags": {"language": "kor"}},
        ]
        judged = source.judge(found({"codec_type": "audio"}, picture(), *texts))
        self.assertEqual(judged, Source(60.0, 1280, 720, True, (TextTrack(1, "ko"),)))
        self.assertEqual(Source.read(judged.plain()), judged)

    def test_a_language_is_a_word_that_harms_nobody(self):
        """It becomes the name of a file and stands in a playlist; a stranger wrote it."""
        for given, code in {
            "kor": "ko", "ENG": "en", "fr": "fr", "pt-BR": "pt-br", "zh-hans-cn": "zh-hans-cn",
            "": "und", "und": "und", "english": "und", "e": "und", "sr-latn-rs-ek": "und",
            "../../x": "und", "en/..": "und", 'en"': "und", "en\n": "und", "en\n#EXT": "und",
            "en.m3u8": "und", "en-": "und", "en_US": "und", "\u0435n": "und", "x" * 300: "und",
        }.items():  # fmt: skip
            with self.subTest(given):
                self.assertEqual(source.bcp47(given), code)

    def test_the_size_is_the_one_that_is_seen(self):
        """A phone held upright, and pixels that are not square."""
        turned = picture(side_data_list=[{"rotation": -90}])
        wide = picture(width=720, height=576, sample_aspect_ratio="64:45")
        for stream, size in (
            (turned, (720, 1280)),
            (wide, (1024, 576)),
            (picture(sample_aspect_ratio="0:1"), (1280, 720)),
        ):
            with self.subTest(size):
                self.assertEqual(source.seen(stream), size)

    REFUSED = (
        ("no streams", found(), "no video track"),
        ("only sound", found({"codec_type": "audio"}), "no video track"),
        ("a song's cover", found(picture(disposition={"attached_pic": 1})), "no video track"),
        ("huge", found(picture(width=16384, height=16384)), "16384 by 16384: at most 4096"),
        ("tall", found(picture(width=100, height=5000)), "at most 4096"),
        ("no size", found(picture(width=0, height=0)), "only 0 by 0"),
        ("no length", found(picture(), duration=""), "shorter than a second"),
        ("an instant", found(picture(), duration="0.2"), "shorter than a second"),
        ("days", found(picture(), duration="90000"), "25.0 hours"),
    )

    def test_what_is_refused(self):
        """With a reason that an editor understands."""
        for name, answer, reason in self.REFUSED:
            with self.subTest(name), self.assertRaisesRegex(Refused, reason):
                source.judge(answer)


class Ladder(SimpleTestCase):
    CASES = (
        ((1280, 720), ["360p", "480p", "720p"]),
        ((1920, 1080), ["360p", "480p", "720p", "1080p"]),
        ((3840, 2160), ["360p", "480p", "720p", "1080p"]),
        ((720, 1280), ["360p", "480p", "720p"]),
        ((854, 480), ["240p", "360p", "480p"]),
        ((320, 180), ["144p", "240p", "360p"]),
    )

    def test_at_least_three_and_none_larger_than_the_source(self):
        """But for the tiniest, whose viewers need a choice of bandwidths as well."""
        for (width, height), names in self.CASES:
            with self.subTest((width, height)):
                chosen = ladder.rungs(Source(60.0, width, height, sound=True))
                self.assertEqual([rung.name for rung in chosen], names)

    def test_sizes_keep_the_shape_and_are_even(self):
        """Also of pictures that are upright, or wider than usual."""
        for shape, size in (
            ((1280, 720), (640, 360)), ((720, 1280), (360, 640)), ((1998, 1080), (666, 360)),
        ):  # fmt: skip
            with self.subTest(shape):
                self.assertEqual(
                    ladder.size(Source(1, *shape, sound=True), ladder.rung("360p")), size
                )


class Commands(SimpleTestCase):
    def test_a_file_cannot_have_others_read(self):
        """Every command reads files only, and only of containers: no playlist, no network."""
        path = Path("/files/x")
        made = (
            commands.rendition(path, HD, ladder.rung("360p"), Path("/to")),
            commands.sprite(path, HD, path),
            commands.subtitles(path, 0, path),
            commands.sent_subtitles(path, path),
        )
        for argv in made:
            with self.subTest(argv[-1]):
                before = argv[: argv.index("-i")]
                self.assertEqual(before[before.index("-protocol_whitelist") + 1], "file")
                taken = before[before.index("-format_whitelist") + 1].split(",")
                self.assertFalse({"hls", "concat", "image2", "lavfi"} & {*taken})

    def test_threads_are_bounded(self):
        """For what is read as for what is written."""
        argv = commands.rendition(Path("/x"), HD, ladder.rung("720p"), Path("/to"))
        self.assertEqual(
            [argv[n + 1] for n, word in enumerate(argv) if word == "-threads"], ["2", "2"]
        )

    def test_a_calm_picture_may_cost_less_than_its_rung_allows(self):
        """Its quality is fixed, its rate only capped."""
        argv = commands.rendition(Path("/x"), HD, ladder.rung("720p"), Path("/to"))
        self.assertIn("-crf", argv)
        self.assertNotIn("-b:v", argv)
        self.assertEqual(argv[argv.index("-maxrate") + 1], "2400k")

    def test_a_silent_film_stays_silent(self):
        """There is no sound to take."""
        silent = Source(60.0, 1280, 720, sound=False)
        self.assertNotIn(
            "0:a:0", commands.rendition(Path("/x"), silent, ladder.rung("360p"), Path("/t"))
        )

    def test_thumbnails_stay_few(self):
        """Every two seconds of a clip, every 108 of a long film."""
        for duration, every, count in (
            (20.0, 2, 10),
            (20.5, 2, 11),
            (400.0, 2, 200),
            (21600.0, 108, 200),
        ):
            with self.subTest(duration):
                made = Source(duration, 1280, 720, sound=True)
                self.assertEqual(
                    (commands.interval(duration), commands.tiles(made)), (every, count)
                )


class Playlists(SimpleTestCase):
    RENDITIONS = (
        Rendition("360p", 640, 360, 700_000, "avc1.4d401e,mp4a.40.2"),
        Rendition("480p", 854, 480, 1_200_000, "avc1.4d401e,mp4a.40.2"),
        Rendition("720p", 1280, 720, 2_500_000, "avc1.4d401f,mp4a.40.2"),
    )

    def test_the_master_leads_to_every_rendition_and_language(self):
        """The middle one first; addresses are relative, so that a signature holds for all."""
        text = playlists.master(self.RENDITIONS, (Track.of("en"), Track.of("ko")))
        addresses = [line for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(addresses, ["480p.m3u8", "360p.m3u8", "720p.m3u8"])
        self.assertIn(
            'NAME="한국어",LANGUAGE="ko",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="ko.m3u8"', text
        )
        self.assertIn(
            'RESOLUTION=854x480,CODECS="avc1.4d401e,mp4a.40.2",SUBTITLES="subtitles"', text
        )
        self.assertNotIn("SUBTITLES", playlists.master(self.RENDITIONS, ()))

    def test_segments_are_read_and_weighed(self):
        """The heaviest tells the bandwidth."""
        text = '#EXTM3U\n#EXT-X-MAP:URI="i.mp4"\n#EXTINF:4.0,\na.m4s\n#EXTINF:2.5,\nb.m4s\n'
        read = playlists.segments(text)
        self.assertEqual([(s.file, s.seconds) for s in read], [("a.m4s", 4.0), ("b.m4s", 2.5)])
        self.assertEqual(playlists.duration(text), 6.5)
        self.assertEqual(playlists.bandwidth(read, {"a.m4s": 1000, "b.m4s": 2500}), 8000)

    def test_subtitles_last_as_long_as_the_film(self):
        """In one segment, which a player may fetch whole."""
        text = playlists.subtitles(Track.of("ko"), 20.48)
        self.assertIn("#EXT-X-TARGETDURATION:21\n", text)
        self.assertIn("#EXTINF:20.480,\nko.vtt\n#EXT-X-ENDLIST\n", text)

    def test_thumbnails_are_places_in_the_sprite(self):
        """Ten in a row; the last ends with the film."""
        lines = playlists.thumbnails(Source(21.0, 1280, 720, sound=True)).splitlines()
        self.assertIn("thumbnails.jpg#xywh=1440,0,160,90", lines)
        self.assertEqual(
            lines[-2:], ["00:00:20.000 --> 00:00:21.000", "thumbnails.jpg#xywh=0,90,160,90"]
        )

    def test_times_as_webvtt_writes_them(self):
        """Hours too."""
        for seconds, text in (
            (0, "00:00:00.000"),
            (61.5, "00:01:01.500"),
            (3723.0625, "01:02:03.062"),
        ):
            with self.subTest(text):
                self.assertEqual(playlists.stamp(seconds), text)

    def test_a_codec_is_read_from_where_mp4_keeps_it(self):
        """Profile and level, three bytes behind a version."""
        self.assertEqual(package.picture_codec(b"....avcC\x01\x4d\x40\x1f\xff"), "avc1.4d401f")


class Complaints(SimpleTestCase):
    CASES = (
        ("cut off", ["[mov @ 0x55d] moov atom not found"], 1, Refused, "index is missing"),
        ("a text", ["Invalid data found when processing input"], 1, Refused, "not a video"),
        ("no picture", ["Stream map '0:v:0' matches no streams."], 1, Refused, "no picture"),
        ("a playlist", ["[hls] Format not on whitelist"], 1, Refused, "not taken"),
        ("a full disk", ["x.m4s: No space left on device"], 1, Hindered, "no room left"),
        ("no memory", ["Cannot allocate memory"], 1, Hindered, "too little memory"),
        ("killed", [], -9, Hindered, "signal 9"),
        ("anything", ["something odd"], 187, Refused, "cannot be decoded"),
    )  # fmt: skip

    def test_what_ffmpeg_says_becomes_a_reason(self):
        """The file's fault ends a job, the machine's is tried again."""
        for name, said, status, kind, reason in self.CASES:
            with self.subTest(name):
                error = complaints.explain(said, status)
                self.assertIsInstance(error, kind)
                self.assertIn(reason, error.reason)

    def test_a_million_complaints_are_a_few_lines(self):
        """Each once, with how often, and none of our folders."""
        said = ["[h264 @ 0x5581] error while decoding MB"] * 900
        said += [f"/files/media/.ingest/ab/source: odd {n}" for n in range(20)]
        lines = complaints.condense(said).splitlines()
        self.assertEqual(lines[0], "[h264] error while decoding MB (900 times)")
        self.assertEqual((len(lines), lines[-1]), (8, "… and 14 more"))
        self.assertNotIn("/files", "".join(lines))
