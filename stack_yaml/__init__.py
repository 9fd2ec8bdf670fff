"""Stack files as Pulumi's engine reads them: the one reader and the one writer, with limits and lines."""

from stack_yaml.reader import YamlFault, composed, read
from stack_yaml.writer import written

__all__ = ["YamlFault", "composed", "read", "written"]
