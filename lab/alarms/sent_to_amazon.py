"""What a machine sends to CloudWatch, read as CloudWatch reads it."""

import re
import urllib.parse
from collections.abc import Iterator

from lab.alarms.written import Series
from lab.errors import LabError

HOST = re.compile(r"monitoring\.([a-z0-9-]+)\.amazonaws\.com")


def put_metric_data(host: str, body: bytes) -> Iterator[tuple[Series, float]]:
    """Series and values of a PutMetricData. Raises LabError for another request."""
    found, fields = HOST.fullmatch(host), dict(urllib.parse.parse_qsl(body.decode()))
    if found is None or fields.get("Action") != "PutMetricData":
        raise LabError(f"{host} was not sent a PutMetricData, but {fields.get('Action')}")
    for member in sorted({key.rpartition(".MetricName")[0] for key in fields if key.endswith(".MetricName")}):
        dimensions = {
            value: fields[f"{key.removesuffix('.Name')}.Value"]
            for key, value in fields.items()
            if re.fullmatch(re.escape(member) + r"\.Dimensions\.member\.\d+\.Name", key)
        }
        metric = f"{fields['Namespace']}/{fields[f'{member}.MetricName']}"
        yield Series.of(found[1], metric, dimensions), float(fields[f"{member}.Value"])
