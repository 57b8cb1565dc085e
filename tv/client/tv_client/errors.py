"""What can go wrong, in words for whoever sits at the terminal."""


class ClientError(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class SignedOut(ClientError):
    """No account, or tokens that are good no more."""

    def __init__(self, message: str = "you are not signed in") -> None:
        super().__init__(message, "tv login")
