"""Why a grant stays that no tier uses: by its action or role, what it is for and why nothing in the lab asks for it."""

from collections.abc import Mapping

_SESSIONS = "the agent of Systems Manager, the only way in on AWS, asks for it; the lab has no other end for it"

REASONS: Mapping[str, str] = {
    "ssm:updateinstanceinformation": _SESSIONS,
    "ssmmessages:createcontrolchannel": _SESSIONS,
    "ssmmessages:createdatachannel": _SESSIONS,
    "ssmmessages:opencontrolchannel": _SESSIONS,
    "ssmmessages:opendatachannel": _SESSIONS,
    "s3:abortmultipartupload": "pgBackRest ends an upload in parts that failed; drills fail in other places",
    "s3:listmultipartuploadparts": "the same upload, begun again",
}
