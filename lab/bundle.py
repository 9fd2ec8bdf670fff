"""The bundle of a machine with other files in it, in place of the registered one."""

import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from lab.clouds.metadata import CloudStandIn
from lab.registered import bundle_address, change_document


def file_of_bundle(cloud: CloudStandIn, name: str) -> bytes:
    """A file of the bundle that a machine's document names."""
    with tarfile.open(fileobj=io.BytesIO(cloud.bucket.objects[bundle_address(cloud)])) as bundle:
        file = bundle.extractfile(name)
        assert file is not None
        return file.read()


def change_bundle(cloud: CloudStandIn, files: Mapping[str, bytes]) -> str:
    """Puts a bundle in place with these files in place of its own, and a document that names it; returns its digest."""
    address = bundle_address(cloud)
    content = _with_files(cloud.bucket.objects[address], files)
    digest, old = hashlib.sha256(content).hexdigest(), Path(address).stem
    cloud.bucket.objects[address.replace(old, digest)] = content
    change_document(cloud, f'"url": "([^"]*){old}', rf'"url": "\g<1>{digest}')
    change_document(cloud, f'"sha256": "{old}"', f'"sha256": "{digest}"')
    return digest


def _with_files(archive: bytes, files: Mapping[str, bytes]) -> bytes:
    buffer, left = io.BytesIO(), dict(files)
    with tarfile.open(fileobj=io.BytesIO(archive)) as source, tarfile.open(fileobj=buffer, mode="w") as target:
        for member in source.getmembers():
            file = source.extractfile(member)
            assert file is not None
            content = left.pop(member.name, None) or file.read()
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    assert not left, f"the bundle has no {', '.join(left)}"
    return buffer.getvalue()
