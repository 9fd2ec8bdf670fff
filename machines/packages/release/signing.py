"""Signatures of metadata by a key that lies in memory alone, and is the one that the stack file names."""

import re
from dataclasses import dataclass
from pathlib import Path

from host import programs
from host.errors import HostError

SECONDS = 60


@dataclass(frozen=True)
class Signer:
    """A key of a GnuPG home."""

    home: Path
    fingerprint: str
    """Of the primary key. What has another signs nothing."""

    def take(self, private: str) -> None:
        """Puts the private half into the home. Raises HostError for a key with another fingerprint."""
        self._gpg(["--import"], private.encode())
        listed = self._gpg(["--list-secret-keys", "--with-colons"]).output
        found = re.findall(r"^sec:.*\n(?:grp:.*\n)?fpr:{9}([0-9A-F]{40}):", listed, re.MULTILINE)
        if self.fingerprint not in found:
            raise HostError(
                f"the secret has the key {', '.join(found) or 'of nobody'}, the stack file says {self.fingerprint}",
                "gpg --show-keys --with-fingerprint; packageServer.keys",
            )

    def clear(self, text: str) -> bytes:
        """The text inside its signature, as InRelease."""
        return self._signed(["--clear-sign"], text)

    def detached(self, text: str) -> bytes:
        """The signature alone, as Release.gpg and repomd.xml.asc."""
        return self._signed(["--armor", "--detach-sign"], text)

    def verified(self, signed: bytes) -> str:
        """The text of an InRelease. Raises HostError where it is not whole and signed by the key."""
        done = programs.run(
            [*self._command, "--status-fd", "2", "--decrypt"], timeout=SECONDS, given=signed, accepted=range(256)
        )
        if not re.search(rf"^\[GNUPG:\] VALIDSIG .*\b{self.fingerprint}$", done.errors, re.MULTILINE):
            raise HostError(f"it is not signed by {self.fingerprint}")
        return done.output

    @property
    def _command(self) -> list[str]:
        return ["gpg", "--homedir", str(self.home), "--batch", "--no-tty", "--quiet"]

    def _signed(self, what: list[str], text: str) -> bytes:
        chosen = ["--digest-algo", "SHA512", "--local-user", self.fingerprint, "--output", "-"]
        return self._gpg([*chosen, *what], text.encode()).output.encode()

    def _gpg(self, words: list[str], given: bytes = b"") -> programs.Finished:
        return programs.run([*self._command, *words], timeout=SECONDS, given=given)
