"""The systems of the estate as Mermaid text, which GitLab and GitHub draw in a merge request."""

from capture import Capture
from preview.component_graph import component_graph

LEGEND = "An arrow points from what is needed to what needs it. No cloud was asked."


def mermaid(capture: Capture) -> str:
    """A flowchart with a subgraph for each project or account."""
    graph = component_graph(capture)
    ids = {node.key: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = [f"%% {LEGEND}", "flowchart LR"]
    for number, place in enumerate(graph.places):
        lines.append(f'  subgraph p{number}["{_label(place)}"]')
        lines.extend(
            f'    {ids[node.key]}["{_label(node.name)}<br/>{_label(node.kind)}: {node.resources}"]'
            for node in graph.nodes
            if node.key.place == place
        )
        lines.append("  end")
    lines.extend(f"  {ids[edge.needed]} {'<-->' if edge.mutual else '-->'} {ids[edge.needs]}" for edge in graph.edges)
    lines.extend(f"  style {ids[node.key]} stroke-width:3px" for node in graph.nodes if node.stateful)
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    """Mermaid knows character entities alone, written with # in place of &."""
    return "".join(letter if letter.isalnum() or letter in " -_./" else f"#{ord(letter)};" for letter in text)
