"""Everything that the clouds of a capture answer to machines, and who of them may ask for what."""

import re
import time
import urllib.parse
from collections.abc import Mapping
from fnmatch import fnmatchcase

from capture import Capture
from lab.clouds.amazon_access import Access
from lab.clouds.amazon_services import as_registered
from lab.clouds.google_access import GoogleAccess
from lab.clouds.google_storage import GoogleStorage
from lab.clouds.metadata import AmazonCloud, CloudStandIn
from lab.clouds.rights import Rights
from lab.clouds.stores import GCS, S3, Stores
from lab.errors import LabError
from lab.machines.image import HOSTS, MIRROR_NAMES, image_folder
from lab.machines.machine import common_names, mirror
from lab.network.network import GATEWAY
from lab.network.web import Answer, Reply, Request
from lab.placement import Place, seats_of
from lab.registered import uploaded
from lab.stand_in_values import StandInValues
from reach.model import Target
from settings.vocabulary import Cloud

A_DAY = 86400
METRICS = Target("metrics", "aws", "*")
"""They have no ARN (service authorization reference, "Actions defined by Amazon CloudWatch")."""


class Services:
    """Identities, secrets, parameters, objects and metrics of both clouds."""

    def __init__(
        self, capture: Capture, places: Mapping[str, Place], clouds: Mapping[str, CloudStandIn], values: StandInValues
    ) -> None:
        self.rights = Rights(capture)
        sources = {
            seat.private: seat.leaves_by
            for name, seat in seats_of(places.values()).items()
            # A machine of AWS may come by an endpoint of its network, where AWS sees no such address.
            if places[name].cloud is Cloud.GCP and seat.leaves_by
        }
        self.amazon = Access(self.rights, sources)
        self.google = GoogleAccess(self.rights, self.amazon, values.secrets)
        self.secrets = as_registered(self.amazon, capture, values.secrets)
        """Of AWS, with the parameters."""
        self.google_storage = GoogleStorage(self.google.may_use)
        self.machine_stores = {place.document.split("/")[2] for place in places.values()}
        """Buckets of documents and bundles, which answer in the way that a test wants."""
        self._capture = capture
        for cloud in clouds.values():
            if isinstance(cloud, AmazonCloud):
                self.amazon.admit(cloud.role, cloud.key_id, cloud.token, time.time() + A_DAY)
            else:
                self.google.admit_account(cloud.token, cloud.account.email, time.time() + A_DAY)

    def hosts_beside_moto(self) -> tuple[str, ...]:
        """Names at S3's address that moto does not answer."""
        return ("s3.amazonaws.com", *(f"{bucket}.{self._s3}" for bucket in sorted(self.machine_stores)))

    def names(self) -> dict[str, str]:
        """The hosts that a machine reaches, with their addresses. Raises LabError for one that has no certificate."""
        buckets = [str(entry.inputs["bucket"]) for entry in self._capture.of_type("aws:s3/bucket:Bucket")]
        google = ("monitoring", "sts", "secretmanager")
        amazon = [f"{service}.{self.amazon.region}" for service in ("monitoring", "secretsmanager", "ssm", "sts")]
        names = {
            **dict.fromkeys(("s3.amazonaws.com", self._s3, *(f"{bucket}.{self._s3}" for bucket in buckets)), S3),
            "storage.googleapis.com": GCS,
            **dict.fromkeys((f"{service}.googleapis.com" for service in google), GATEWAY),
            **dict.fromkeys((f"{service}.amazonaws.com" for service in (*amazon, "sts")), GATEWAY),
        }
        for name in names:
            if not any(fnmatchcase(name, pattern) for pattern in HOSTS):
                raise LabError(f"no stand-in is certified for {name}. HINT: HOSTS of lab/machines/image.py")
        return {**common_names(), **names}

    def fill_stores(self, stores: Stores) -> None:
        """Puts every registered object in place that is not for converge."""
        for address, content in uploaded(self._capture).items():
            scheme, _, bucket, name = address.split("/", 3)
            if bucket in self.machine_stores:
                continue
            if scheme == "gs:":
                self.google_storage.write(bucket, name, content)
            else:
                stores.s3("PUT", bucket, f"/{urllib.parse.quote(name)}", content)

    def answer(self, request: Request, cloud: CloudStandIn) -> Reply:
        """Everything but what moto answers; `cloud` is that of whoever asks."""
        if request.host == "storage.googleapis.com":
            return self._google_object(request, cloud)
        region = self.amazon.region
        answers: dict[str, Answer] = {
            "sts.amazonaws.com": self.amazon.token_service,
            f"sts.{region}.amazonaws.com": self.amazon.token_service,
            f"ssm.{region}.amazonaws.com": self.secrets.answer,
            f"secretsmanager.{region}.amazonaws.com": self.secrets.answer,
            "sts.googleapis.com": self.google.token_service,
            "secretmanager.googleapis.com": self.google.secret_manager,
        }
        if request.host in answers:
            return answers[request.host](request)
        if request.host.endswith(f".{self._s3}"):
            return self._amazon_object(request, cloud)
        if request.host.startswith("monitoring.") and not self._may_send_metrics(request):
            cloud.bucket.refused.append(request.path)
            return Reply(403, b"nothing that is registered lets this identity write metrics there")
        if request.host in (image_folder() / MIRROR_NAMES).read_text().split():
            return mirror(request)
        return cloud.service(request)

    def _may_send_metrics(self, request: Request) -> bool:
        if request.host == "monitoring.googleapis.com":
            project = re.match(r"/v3/projects/([^/]+)/timeSeries", request.path)
            authorization = request.headers.get("authorization", "")
            return project is not None and self.google.may_write_metrics(authorization, project[1])
        namespace = dict(urllib.parse.parse_qsl(request.body.decode())).get("Namespace", "")
        facts = {"cloudwatch:namespace": (namespace,)}
        return self.amazon.may(request, "monitoring", "cloudwatch:PutMetricData", METRICS, facts)

    @property
    def _s3(self) -> str:
        return f"s3.{self.amazon.region}.amazonaws.com"

    def _google_object(self, request: Request, cloud: CloudStandIn) -> Reply:
        found = re.fullmatch(r"/storage/v1/b/([^/]+)/o/([^/?]+)\?alt=media", request.path)
        if found is None or found[1] not in self.machine_stores:
            return self.google_storage.answer(request)
        name = urllib.parse.unquote(found[2])
        if not self.google.may_use(request.headers.get("authorization", ""), "storage.objects.get", found[1], name):
            cloud.bucket.refused.append(request.path)
            return Reply(403, b"no grant lets this identity read that object")
        return cloud.service(request)

    def _amazon_object(self, request: Request, cloud: CloudStandIn) -> Reply:
        if not self.amazon.may_use_bucket(request, request.host.removesuffix(f".{self._s3}")):
            cloud.bucket.refused.append(request.path)
            return Reply(403, b"<Error><Code>AccessDenied</Code></Error>")
        return cloud.service(request)
