"""Why a grant stays that no tier uses: by its action or role, what it is for and why nothing in the lab asks for it."""

from collections.abc import Mapping

_SESSIONS = "the agent of Systems Manager, the only way in on AWS, asks for it; the lab has no other end for it"
_VERSIONS = "pgBackRest reads what lies below a delete marker with `repo-target-time` alone, when backups were deleted"

REASONS: Mapping[str, str] = {
    "ssm:updateinstanceinformation": _SESSIONS,
    "ssmmessages:createcontrolchannel": _SESSIONS,
    "ssmmessages:createdatachannel": _SESSIONS,
    "ssmmessages:opencontrolchannel": _SESSIONS,
    "ssmmessages:opendatachannel": _SESSIONS,
    "s3:abortmultipartupload": "pgBackRest ends an upload in parts that failed; drills fail in other places",
    "s3:getobjectversion": _VERSIONS,
    "s3:listbucketversions": _VERSIONS,
    "s3:listmultipartuploadparts": "the same upload, begun again",
}
