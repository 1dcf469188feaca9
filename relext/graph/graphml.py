"""The map as GraphML, for networkx, Gephi, yEd and the like.

In: `KnowledgeMap`. Out: one XML document: a directed graph, in which two nodes may have several edges. Characters that
XML 1.0 has no place for stand as visible escapes.

Examples
--------
>>> escape_xml("a\\x1b]]>")
'a\\\\x1b]]&gt;'
"""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from relext.graph.knowledge import Edge, KnowledgeMap, Node
from relext.graph.tables import format_counts, format_evidence

# What XML 1.0 excludes, and the carriage return, which its readers change into a line feed.
_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns '
    'http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)
_KEYS = {
    "node": {
        **dict.fromkeys(("name", "type", "concept", "lemma", "assertions"), "string"),
        **dict.fromkeys(("mentions", "documents", "cases"), "int"),
    },
    "edge": {
        **dict.fromkeys(("label", "assertion", "source_assertion", "target_assertion", "specialties"), "string"),
        "evidence": "string",
        **dict.fromkeys(("support", "documents", "cases", "predicted"), "int"),
        "probability": "double",
        "symmetric": "boolean",
    },
}


def format_graphml(knowledge: KnowledgeMap) -> str:
    """Format the map; several values of one attribute are joined by "; "."""
    return "".join(_format_parts(knowledge))


def _format_parts(knowledge: KnowledgeMap) -> Iterator[str]:
    yield _HEAD
    for kind, keys in _KEYS.items():
        for name, type in keys.items():
            yield f'<key id="{kind}-{name}" for="{kind}" attr.name="{name}" attr.type="{type}"/>\n'
    yield '<graph id="map" edgedefault="directed">\n'
    for node in knowledge.nodes:
        yield f"<node id={quoteattr(node.id)}>{_format_values('node', _node_values(node))}</node>\n"
    for edge in knowledge.edges:
        ends = f"source={quoteattr(edge.source)} target={quoteattr(edge.target)}"
        yield f"<edge id={quoteattr(edge.id)} {ends}>{_format_values('edge', _edge_values(edge))}</edge>\n"
    yield "</graph>\n</graphml>\n"


def _format_values(kind: str, values: dict[str, object]) -> str:
    return "".join(
        f'<data key="{kind}-{name}">{escape_xml(str(value))}</data>'
        for name, value in values.items()
        if value is not None
    )


def _node_values(node: Node) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(node, name) for name in _KEYS["node"] if name not in ("type",)}
    return {**values, "type": "; ".join(node.types), "assertions": "; ".join(format_counts(node.assertions))}


def _edge_values(edge: Edge) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(edge, name) for name in _KEYS["edge"]}
    evidence = "; ".join(format_evidence(each) for each in edge.evidence)
    values["symmetric"] = "true" if edge.symmetric else "false"
    return {**values, "specialties": "; ".join(format_counts(edge.specialties)), "evidence": evidence}


def escape_xml(text: str) -> str:
    """Return the text as the content of an element: markup escaped, what XML can't hold shown as an escape."""
    return escape(_FORBIDDEN.sub(_show, text))


def _show(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
