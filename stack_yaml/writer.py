"""Writes a document so that the engine reads back the same values."""

import yaml


class _Dumper(yaml.SafeDumper):
    """Quotes all text: PyYAML leaves `1e3` bare, which it takes for text and the engine for a number."""

    def ignore_aliases(self, data: object) -> bool:
        """Values that stand twice are written twice."""
        del data
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Dumper.add_representer(str, _text)


def written(document: object) -> str:
    """The document as YAML."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
