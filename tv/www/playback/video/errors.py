"""What can go wrong with a video.

VideoError
├── Refused    the file itself is at fault: trying again gives the same
└── Hindered   the machine is: another try, perhaps elsewhere, may do
"""


class VideoError(Exception):
    """`reason` is for an editor, `detail` what ffmpeg said, condensed."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class Refused(VideoError):
    """Ends the job."""


class Hindered(VideoError):
    """Is tried again, a few times."""
