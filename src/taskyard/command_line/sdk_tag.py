"""`taskyard sdk-tag`: the tag with which a page loads the browser SDK."""

from html import escape
from urllib.parse import urlsplit

import click

from .help import Command, examples
from .settings import fail


def show(url: str) -> None:
    """Print the script tag with which a page loads the browser SDK.

    It has the digest of the script: a browser runs that script and no other. A new release
    needs a new tag.
    """
    from taskyard.server.sdk_files import MINIFIED, NotBuilt, sdk_files

    server = url.rstrip("/")
    if urlsplit(server).scheme not in {"http", "https"} or not urlsplit(server).netloc:
        fail(f"--url {url}: it has to begin with http:// or https:// and name a server")
    try:
        script = sdk_files()[MINIFIED]
    except NotBuilt as missing:
        fail(str(missing))
    source = escape(f"{server}/sdk/{MINIFIED}")
    click.echo(
        f'<script src="{source}" integrity="{script.integrity}" crossorigin="anonymous"></script>'
    )


command = Command(
    "sdk-tag",
    callback=show,
    params=[
        click.Option(
            ["--url"],
            default="http://127.0.0.1:8080",
            show_default=True,
            help="The address of the server, as browsers reach it.",
        )
    ],
    help=show.__doc__,
    epilog=examples("taskyard sdk-tag", "taskyard sdk-tag --url https://tasks.example.com"),
)
