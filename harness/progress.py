"""Progress bars without the thread that tqdm watches them with: it could disturb a timed call."""

from tqdm import tqdm

__all__ = ["tqdm"]

tqdm.monitor_interval = 0
