"""The little of curl that the documentation uses: not every machine that builds Taskyard has it.

Run as a program it takes curl's options. Like curl without `-f`, it shows an error's body and ends
well.
"""

import base64
import sys
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

FLAGS = ("-s", "-sS")


def installed(folder: Path) -> Path:
    """A folder for the PATH in which this is `curl`."""
    folder.mkdir()
    program = folder / "curl"
    program.write_text(f"#!{sys.executable}\n{Path(__file__).read_text()}")
    program.chmod(0o755)
    return folder


def main(arguments: list[str]) -> None:
    fields: list[str] = []
    headers: dict[str, str] = {}
    url, method, shows_head = "", None, False
    rest = iter(arguments)
    for one in rest:
        match one:
            case "-u":
                headers["Authorization"] = f"Basic {base64.b64encode(next(rest).encode()).decode()}"
            case "-d":
                fields.append(next(rest))
            case "--data-urlencode":
                name, _, value = next(rest).partition("=")
                fields.append(f"{name}={urllib.parse.quote(value)}")
            case "-G":
                method = "GET"
            case "-X":
                method = next(rest)
            case "-H":
                name, _, value = next(rest).partition(":")
                headers[name] = value.strip()
            case "-i":
                shows_head = True
            case _ if one not in FLAGS:
                url = one
    if method == "GET" and fields:
        url, fields = f"{url}?{'&'.join(fields)}", []
    body = "&".join(fields).encode() if fields else None
    asked = urllib.request.Request(url, body, headers, method=method)
    try:
        answer: HTTPResponse | urllib.error.HTTPError = urllib.request.urlopen(asked)
    except urllib.error.HTTPError as error:
        answer = error
    if shows_head:
        sys.stdout.write(f"HTTP/1.1 {answer.status} {answer.reason}\r\n{answer.headers}\r\n")
    sys.stdout.write(answer.read().decode())


if __name__ == "__main__":
    main(sys.argv[1:])
