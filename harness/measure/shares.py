"""What a record says of a share."""

from harness.statistics import Proportion


def share_part(share: Proportion) -> dict[str, float]:
    """Return count, total and 95 % interval of *share*."""
    return {
        "count": share.hits,
        "total": share.total,
        "low": round(share.low, 4),
        "high": round(share.high, 4),
    }
