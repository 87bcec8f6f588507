"""What the client raises, and hands to callbacks and `error` listeners."""


class TaskyardError(Exception):
    """Whatever goes wrong between this client and its server."""


class ApiError(TaskyardError):
    """The server said no.

    Attributes:
        status: The HTTP status.
        message: The server's own sentence; the status' name if it gave none.
        code: The five-digit code of the published API, or None if the answer had none.
        more_info: An address with more on that code, or None.
    """

    def __init__(
        self, status: int, message: str, code: int | None = None, more_info: str | None = None
    ) -> None:
        super().__init__(status, message, code, more_info)
        self.status = status
        self.message = message
        self.code = code
        self.more_info = more_info

    def __str__(self) -> str:
        said = f"{self.status}" if self.code is None else f"{self.status}, code {self.code}"
        return f"{self.message} ({said})"


class ConnectionFailed(TaskyardError):
    """No answer came: not reached, cut off, or not in time.

    Attributes:
        sent: False if the server certainly saw nothing of the request.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class BadAnswer(TaskyardError):
    """Something answered, but not in the words of this API."""


class TokenProblem(TaskyardError, ValueError):
    """A token that this client cannot use."""


class TokenExpired(TokenProblem):
    """The token is past its end: the client waits for `update_token`."""


class ClientClosed(TaskyardError):
    """The client was closed before, or while, it was asked."""
