"""Cloud Storage of the lab: uploads, copies, versions and lists, as its JSON API has them."""

import json

import pytest

from lab.clouds.google_storage import GoogleStorage
from lab.network.web import Reply, Request


def storage_answer(storage: GoogleStorage, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return storage.answer(
        Request("", method, "storage.googleapis.com", path, {"authorization": "Bearer x", **named}, body=body)
    )


@pytest.fixture
def storage() -> GoogleStorage:
    return GoogleStorage(lambda _, __, ___, name: name.startswith("own/"))


def test_cloud_storage_takes_an_upload_in_parts(storage: GoogleStorage) -> None:
    begun = storage_answer(storage, "POST", "/upload/storage/v1/b/b/o?name=own/x&uploadType=resumable")
    path = f"/upload/storage/v1/b/b/o?name=own/x&uploadType=resumable&upload_id={begun.headers['X-GUploader-UploadID']}"

    assert storage_answer(storage, "PUT", path, b"abc", content_range="bytes 0-2/*").status == 308
    assert storage_answer(storage, "PUT", path, b"f", content_range="bytes 5-5/6").status == 400, "not the next part"
    assert storage_answer(storage, "PUT", path, b"de", content_range="bytes 3-4/5").status == 200
    assert storage.read("b", "own/x") == b"abcde"


def test_the_address_of_an_upload_that_has_begun_is_enough_to_go_on_with_it(storage: GoogleStorage) -> None:
    """As pgBackRest sends its parts."""
    start = "/upload/storage/v1/b/b/o?name=own/x&uploadType=resumable"
    number = storage_answer(storage, "POST", start).headers["X-GUploader-UploadID"]

    def put(upload: str) -> Reply:
        headers = {"content-range": "bytes 0-2/3"}
        return storage.answer(
            Request("", "PUT", "storage.googleapis.com", f"{start}&upload_id={upload}", headers, body=b"abc")
        )

    assert put("guessed").status == 401
    assert put(number).status == 200
    assert storage.read("b", "own/x") == b"abc"
    assert put(number).status == 401, "it has ended"


def test_cloud_storage_keeps_what_was_overwritten_or_removed(storage: GoogleStorage) -> None:
    for content in (b"first", b"second"):
        storage_answer(storage, "POST", "/upload/storage/v1/b/b/o?name=own/f/x&uploadType=media", content)
    storage_answer(storage, "DELETE", "/storage/v1/b/b/o/own%2Ff%2Fx")
    present = json.loads(storage_answer(storage, "GET", "/storage/v1/b/b/o?prefix=own/").body)
    versions = json.loads(storage_answer(storage, "GET", "/storage/v1/b/b/o?prefix=own/&versions=true").body)["items"]
    past = f"/storage/v1/b/b/o/own%2Ff%2Fx?alt=media&generation={versions[0]['generation']}"

    assert present["items"] == []
    assert [version["size"] for version in versions] == ["5", "6"]
    assert storage_answer(storage, "GET", past).body == b"first"


def test_cloud_storage_lists_folders_and_names(storage: GoogleStorage) -> None:
    for name in ("own/a/1", "own/a/2", "own/b"):
        storage.write("b", name, b"")
    listed = json.loads(storage_answer(storage, "GET", "/storage/v1/b/b/o?prefix=own/&delimiter=/").body)

    assert listed["prefixes"] == ["own/a/"]
    assert [item["name"] for item in listed["items"]] == ["own/b"]


def test_cloud_storage_refuses_strangers_and_foreign_names(storage: GoogleStorage) -> None:
    nameless = Request("", "GET", "storage.googleapis.com", "/storage/v1/b/b/o/own%2Fx", {}, body=b"")

    assert storage.answer(nameless).status == 401
    assert storage_answer(storage, "GET", "/storage/v1/b/b/o/other%2Fx").status == 403
    assert storage_answer(storage, "GET", "/storage/v1/b/b/o").status == 403
    assert storage_answer(storage, "POST", "/upload/storage/v1/b/b/o?name=other/x&uploadType=media").status == 403


def test_overwriting_in_cloud_storage_is_removing_as_well() -> None:
    asked: list[str] = []

    def may_use(_: str, permission: str, __: str, name: str) -> bool:
        asked.append(f"{permission.rpartition('.')[2]} {name}")
        return not permission.endswith("delete")

    storage = GoogleStorage(may_use)
    path = "/upload/storage/v1/b/b/o?name=own/x&uploadType="

    assert storage_answer(storage, "POST", f"{path}media", b"new").status == 200
    assert storage_answer(storage, "POST", f"{path}media", b"over").status == 403
    assert storage_answer(storage, "POST", f"{path}resumable").status == 403
    assert asked == ["create own/x", "create own/x", "delete own/x", "create own/x", "delete own/x"]


CHECKED = "xFDWlw=="
"""CRC-32C of `abcde`, by another implementation (google-crc32c)."""


def two_parts(described: dict[str, str], content: bytes) -> bytes:
    """The body of a multipart upload, as Google's library writes it."""
    head = b"--x\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n" + json.dumps(described).encode()
    return head + b"\r\n--x\r\ncontent-type: text/plain\r\n\r\n" + content + b"\r\n--x--"


def test_cloud_storage_takes_a_description_with_the_content_and_refuses_a_wrong_checksum() -> None:
    storage = GoogleStorage(lambda _, __, ___, ____: True)
    path = "/upload/storage/v1/b/b/o?uploadType=multipart"
    kind = 'multipart/related; boundary="x"'
    told = {"name": "f", "contentType": "text/plain", "cacheControl": "no-store", "crc32c": CHECKED}

    assert storage_answer(storage, "POST", path, two_parts(told, b"abcde"), content_type=kind).status == 200
    assert storage_answer(storage, "POST", path, two_parts(told, b"abcdf"), content_type=kind).status == 400
    assert storage.read("b", "f") == b"abcde"
    assert storage.described("b", "f")["cacheControl"] == "no-store"


def test_cloud_storage_copies_for_whoever_may_use_both_ends_and_not_over_another() -> None:
    storage = GoogleStorage(lambda _, __, bucket, ___: bucket != "foreign")
    storage.write("from", "a/b", b"bytes")
    path = "/storage/v1/b/from/o/a%2Fb/rewriteTo/b/{}/o/c%2Fd?ifGenerationMatch=0"

    assert json.loads(storage_answer(storage, "POST", path.format("to")).body)["done"] is True
    assert storage.read("to", "c/d") == b"bytes"
    assert storage_answer(storage, "POST", path.format("to")).status == 412
    assert storage_answer(storage, "POST", path.format("foreign")).status == 403
