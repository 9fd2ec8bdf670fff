"""What pgBackRest needs and no document may hold, in files that root and postgres alone read.

Passphrases come from the secret store of the host's own cloud, so that either cloud can restore without the other. They
are never in arguments, in the environment or in a log.
"""

import re
from pathlib import Path

from host import files
from host.errors import HostError
from host.identity import aws_identity, federated_token, google_identity_token
from host.secrets import EmptySecretError, amazon_secret, google_secret, one_line

from pair import memory
from pair.server.postgres_user import POSTGRES
from pair.settings import PairSettings, Repository, WebIdentity

CONFIGURATION = Path("/etc/pgbackrest/pgbackrest.conf")
FOLDER = Path("/etc/pgbackrest/conf.d")
FEDERATED = "token"
NO_TOKEN = "unset"  # noqa: S105 -- stands for a token that is not there
"""pgBackRest takes no configuration without a token, even for the other repository; with this one alone fails."""


def write_identity_token(web: WebIdentity) -> bool:
    """The token as it is: pgBackRest sends the whole file, and a line's end would be part of it."""
    return files.write(web.token_file, google_identity_token(web.audience), 0o640, group=POSTGRES)


def write_repository(settings: PairSettings, repository: Repository) -> bool:
    """The options of one repository that are secrets; whether the file changed. Raises HostError."""
    path = memory.CREDENTIALS.below(FOLDER, str(repository.number))
    passphrase = _passphrase(settings, repository)
    lines = ["[global]", f"repo{repository.number}-cipher-pass={passphrase}"]
    failure: HostError | None = None
    if repository.access == FEDERATED:
        token = NO_TOKEN
        try:
            token = _access_token(settings)
        except HostError as error:
            failure = error
            token = _token_of(path, repository.number) or NO_TOKEN
        lines += _token_lines(repository.number, token)
    changed = files.write(path, "\n".join(lines) + "\n", 0o640, group=POSTGRES)
    if failure is not None:
        raise failure
    return changed


def _token_lines(number: int, token: str) -> list[str]:
    """pgBackRest refuses an option that stands in two files, so the type is written only where it is missing."""
    name = f"repo{number}-gcs-key-type"
    known = re.search(rf"^{name}=", files.text_of(CONFIGURATION) or "", re.MULTILINE)
    kind = [] if known else [f"{name}={FEDERATED}"]
    return [*kind, f"repo{number}-gcs-key={token}"]


def _token_of(path: Path, number: int) -> str:
    match = re.search(rf"^repo{number}-gcs-key=(.+)$", files.text_of(path) or "", re.MULTILINE)
    return match[1] if match else ""


def _access_token(settings: PairSettings) -> str:
    if settings.federation_audience is None:
        raise HostError("the document names no provider for the federated identity of this host")
    return federated_token(
        settings.federation_audience,
        aws_identity(settings.server.web_identity, settings.host),
        settings.exchange.region,
    )


def _passphrase(settings: PairSettings, repository: Repository) -> str:
    """The passphrase, fit to stand in a line of pgbackrest.conf. Raises HostError."""
    name = repository.cipher_secret
    try:
        if settings.server.web_identity is not None:
            value = google_secret(name)
        else:
            value = amazon_secret(name, settings.exchange.region, aws_identity(None, settings.host))
    except EmptySecretError as error:
        hint = f"the same passphrase goes into both clouds, once: {error.hint}"
        raise HostError(f"the secret {name} of repo{repository.number} is empty", hint) from None
    return one_line(name, value)
