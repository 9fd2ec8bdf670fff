"""Somebody who is root on a host of the pair, and wants its backups gone. Runs on the host, with the host's own rights.

Hides every object of the stanza behind a delete marker or behind rubbish, and tries to delete the versions below.
Prints how many objects it hid, how many versions it tried to delete, and how many of those are gone, as JSON.
"""

import base64
import hashlib
import json
import re
import urllib.error
import urllib.parse
from datetime import UTC, datetime
from xml.sax.saxutils import unescape

import fetch  # pyright: ignore[reportMissingImports] -- on the host
from host.identity import aws_identity  # pyright: ignore[reportMissingImports] -- on the host
from pair import settings  # pyright: ignore[reportMissingImports] -- on the host

MINE = settings.load()
KEYS = aws_identity(MINE.server.web_identity, MINE.host).keys
BUCKET = next(each.bucket for each in MINE.repositories if each.kind == "s3")
PREFIX = "pgbackrest/"
SPARED = f"{PREFIX}packyard/"
"""The fence token: without it the pair would stop, and somebody would look."""
RUBBISH = b"pay up"
REGION = MINE.exchange.region
HOST = f"https://{BUCKET}.s3.{REGION}.amazonaws.com"


def call(method: str, path: str, query: str = "", body: bytes = b"") -> bytes:
    """One signed request."""
    url = f"{HOST}/{urllib.parse.quote(path)}" + (f"?{query}" if query else "")
    headers = fetch.signed(method, url, body, "s3", REGION, credentials=KEYS, now=datetime.now(UTC))
    headers["content-md5"] = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    headers["content-type"] = "application/octet-stream"
    return fetch.call(url, headers, method, body or None)


def versions() -> list[tuple[str, str]]:
    """Key and version of everything below the prefix."""
    found: list[tuple[str, str]] = []
    marker = ""
    while True:
        query = urllib.parse.urlencode({"prefix": PREFIX}, quote_via=urllib.parse.quote) + "&versions="
        text = call("GET", "", "&".join(sorted([*query.split("&"), *marker.split("&")])).strip("&")).decode()
        for part in re.findall(r"<Version>.*?</Version>", text, re.DOTALL):
            key, version = re.search(r"<Key>(.*?)</Key>", part), re.search(r"<VersionId>(.*?)</VersionId>", part)
            if key and version:
                found.append((unescape(key[1]), version[1]))
        more = re.search(r"<NextKeyMarker>(.*?)</NextKeyMarker>", text)
        if "<IsTruncated>true" not in text or more is None:
            return [(key, version) for key, version in found if not key.startswith(SPARED)]
        version = re.search(r"<NextVersionIdMarker>(.*?)</NextVersionIdMarker>", text)
        marker = urllib.parse.urlencode(
            {"key-marker": unescape(more[1]), "version-id-marker": version[1] if version else ""},
            quote_via=urllib.parse.quote,
        )


def main() -> None:
    """All the harm that the rights allow."""
    present = versions()
    hidden = 0
    for number, key in enumerate(sorted({key for key, _ in present})):
        if number % 2:
            call("DELETE", key)
        else:
            call("PUT", key, body=RUBBISH)
        hidden += 1
    deleted = 0
    for key, version in present:
        try:
            call("DELETE", key, urllib.parse.urlencode({"versionId": version}))
            deleted += 1
        except urllib.error.HTTPError:
            continue
    print(json.dumps({"hidden": hidden, "tried": len(present), "deleted": deleted}))


if __name__ == "__main__":
    main()
