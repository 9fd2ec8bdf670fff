"""The REST APIs of GitLab and GitHub, for jobs that run from a trusted ref. Standard library alone."""

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

PAGES = 20
"""Most pages of a hundred that are searched for the earlier comment."""


class ForgeError(Exception):
    """The platform was not reached, or refused; the text says what was asked."""


@dataclass(frozen=True)
class Api:
    """A REST API of GitLab or GitHub."""

    url: str
    headers: dict[str, str]

    def call(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        """The answer as plain values. Raises ForgeError."""
        content = self.read(method, path, None if body is None else json.dumps(body).encode())
        return json.loads(content) if content else None

    def read(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The answer as bytes, never more than a comment may have. Raises ForgeError."""
        kind = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", body, kind, method=method)  # noqa: S310 -- the platform's own
        for name, value in self.headers.items():
            # Artifacts lie in a store of another host, to which a redirect must not carry the token.
            request.add_unredirected_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 -- as above
                return answer.read(20_000_000)
        except urllib.error.HTTPError as error:
            raise ForgeError(f"{method} {path}: {error.code} {error.reason}") from None
        except urllib.error.URLError as error:
            raise ForgeError(f"{method} {path}: {error.reason}") from None

    def all(self, path: str) -> list[dict[str, Any]]:
        """Every entry of a list, page by page."""
        found: list[dict[str, Any]] = []
        for page in range(1, PAGES + 1):
            sign = "&" if "?" in path else "?"
            entries = self.call("GET", f"{path}{sign}per_page=100&page={page}")
            found.extend(entries)
            if len(entries) < 100:
                break
        return found


def github(token: str) -> tuple[Api, str]:
    """The API as the owner of a token sees it, and the repository."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    return Api(os.environ["GITHUB_API_URL"], headers), os.environ["GITHUB_REPOSITORY"]


def gitlab(token: str) -> tuple[Api, str]:
    """The API as the owner of a token sees it, and the id of the project."""
    return Api(os.environ["CI_API_V4_URL"], {"PRIVATE-TOKEN": token}), os.environ["CI_PROJECT_ID"]
