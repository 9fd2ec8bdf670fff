"""What a machine sends to Cloud Monitoring, read as Cloud Monitoring reads it."""

import json
import re
from collections.abc import Iterator

from lab.alarms.written import Series
from lab.errors import LabError

PATH = re.compile(r"/v3/projects/([^/]+)/timeSeries")


def create_time_series(path: str, body: bytes) -> Iterator[tuple[Series, float]]:
    """Series and values of a projects.timeSeries.create. Raises LabError for another request."""
    found = PATH.fullmatch(path)
    if found is None:
        raise LabError(f"{path} is not where time series are written")
    for sent in json.loads(body)["timeSeries"]:
        labels = {f"metric.{name}": value for name, value in sent["metric"].get("labels", {}).items()}
        labels |= {f"resource.{name}": value for name, value in sent["resource"]["labels"].items()}
        labels["resource.type"] = sent["resource"]["type"]
        (point,) = sent["points"]
        yield Series.of(found[1], sent["metric"]["type"], labels), float(point["value"]["doubleValue"])
