"""How a receiver knows that a callback is ours.

Source: TaskRouter, events, section 6.2, and the vectors of the official helper libraries.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence


def signature(url: str, parameters: Mapping[str, str | Sequence[str]], auth_token: str) -> str:
    """The value of `X-Twilio-Signature`.

    Args:
        url: As it is configured; its fragment is not signed.
        parameters: The form. Of a name with several values each different one counts once.
        auth_token: The account's secret.
    """
    signed = url.partition("#")[0]
    for name in sorted(parameters):
        value = parameters[name]
        for one in [value] if isinstance(value, str) else sorted(set(value)):
            signed += name + one
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
