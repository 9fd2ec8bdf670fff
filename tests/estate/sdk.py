"""What the installed SDKs know about resource types: their inputs, and which of them are tags."""

import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any, Union, get_args, get_origin

import pulumi_aws
import pulumi_gcp
from pulumi import _types  # pyright: ignore[reportPrivateUsage] -- the SDK has no public reader of its input types

from capture import Value

SDKS: Mapping[str, ModuleType] = {"aws": pulumi_aws, "gcp": pulumi_gcp}

TAG_INPUTS: Mapping[str, tuple[str, ...]] = {"aws": ("tags",), "gcp": ("userLabels", "labels")}
"""Names of tag inputs, the best first: `labels` of a notification channel hold its address."""

AUTO_SCALING_GROUP = "aws:autoscaling/group:Group"


@cache
def resource_class(token: str) -> Any:
    """The class of a type token such as "aws:ec2/vpc:Vpc"."""
    cloud, module, kind = token.split(":")
    name = module.partition("/")[0]
    return getattr(getattr(SDKS[cloud], f"{name}_" if name == "lambda" else name), kind)


def arguments_of(token: str) -> Any:
    """The class of a resource type's arguments."""
    kind = token.rpartition(":")[2]
    module = inspect.getmodule(resource_class(token))
    # A resource whose own name ends in Args, or that has a nested type of that name, gets InitArgs.
    return getattr(module, f"{kind}InitArgs", None) or getattr(module, f"{kind}Args")


@cache
def inputs_of(token: str) -> Mapping[str, Any]:
    """Names of the inputs of a resource type, as they go over the wire, with their Python types."""
    return _types.input_type_types(arguments_of(token))


def tag_input_of(token: str) -> str | None:
    """The input that takes tags or labels, or None."""
    inputs = inputs_of(token)
    for key in TAG_INPUTS[token.partition(":")[0]]:
        # Auto Scaling groups take a list; so do metric descriptors, whose labels are something else.
        if key in inputs and ("Mapping" in str(inputs[key]) or token == AUTO_SCALING_GROUP):
            return key
    return None


def wrong_keys(token: str, inputs: Mapping[str, Value]) -> Iterator[str]:
    """Paths of inputs that the type does not have, nested ones included."""
    yield from _wrong_keys(inputs_of(token), inputs, "")


def _wrong_keys(known: Mapping[str, Any], values: Mapping[str, Value], place: str) -> Iterator[str]:
    for key, value in values.items():
        path = f"{place}.{key}".lstrip(".")
        if key not in known:
            yield path
            continue
        nested = nested_arguments(known[key])
        blocks = value if isinstance(value, tuple) else (value,)
        for block in blocks if nested else ():
            if isinstance(block, Mapping):
                yield from _wrong_keys(_types.input_type_types(nested), block, path)


def nested_arguments(annotation: Any) -> Any:
    """The Args class inside an annotation of a nested block or of a list of them; None for plain values and maps."""
    if inspect.isclass(annotation):
        return annotation if _types.is_input_type(annotation) else None
    if get_origin(annotation) is Union or "Sequence" in str(get_origin(annotation)):
        return next((found for part in get_args(annotation) if (found := nested_arguments(part)) is not None), None)
    return None
