"""The board in words."""

from collections.abc import Mapping, Sequence

from harness.record.schema import Fact


def describe(facts: Mapping[str, Fact]) -> str:
    """Return the line at the head of a report that describes the board."""
    parts: Sequence[Fact] = (
        facts["model"] or facts["cpu"],
        f"{facts['cores']} cores",
        "virtual machine" if facts["virtual"] else None,
        facts["architecture"],
        facts["os"],
        f"Python {facts['python']}",
        f"LiteRT {facts['litert']}",
        f"NumPy {facts['numpy']}",
        f"SciPy {facts['scipy']}",
        f"machine {facts['machine']}" if facts.get("machine") else None,
    )
    return ", ".join(str(part) for part in parts if part)
