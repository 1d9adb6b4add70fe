"""How far chance alone moves a result: the leading trial again, from other seeds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from candidates._search.aims import Aims
from candidates._search.cluster import TRAIN
from candidates._search.desk import POLL_S
from candidates._search.driver import FATAL, Driver
from candidates._search.task import Trained
from candidates._search.trial import Trial
from harness.record.metric import Metric
from harness.spotter.size import zipped_bytes

REPEATS: Final = "repeats"
"""What a study calls the rows of its repeats, by number of the trial and seed."""


def ranked(trials: Sequence[Trial], aims: Aims, metric: Metric) -> list[Trial]:
    """Return completed trials, the best in *metric* first, those that miss a limit last."""
    completed = [trial for trial in trials if trial.state == "completed"]
    only = Aims(objectives=(metric,), constraints=aims.constraints)

    def key(trial: Trial) -> tuple[Any, ...]:
        row = trial.outcome.row
        return aims.excess(row), only.losses(row), aims.losses(row), trial.number

    return sorted(completed, key=key)


def repeat(driver: Driver) -> None:
    """Train the leader in the first goal again, from as many other seeds as the space asks for."""
    study, space = driver.study, driver.space
    leaders = ranked(study.trials(), space.aims, space.aims.objectives[0])
    if not leaders or not space.repeats:
        return
    number = str(leaders[0].number)
    candidate = space.candidate(leaders[0].point)
    kept: dict[str, dict[str, Any]] = study.facts().get(REPEATS, {})
    first = candidate.training.seed + 1
    seeds = [s for s in range(first, first + space.repeats) if str(s) not in kept.get(number, {})]
    for seed in seeds:
        again = replace(candidate, training=replace(candidate.training, seed=seed))
        task = driver.task(f"trial {number} from seed {seed}", again)
        driver.crew.submit(TRAIN, seed, driver.work.train, task, again.training.epochs, None)
    waiting = set(seeds)
    while waiting:
        driver.progress.say(f"training trial {number} again, from {len(waiting)} other seeds")
        done = driver.crew.wait(POLL_S)
        if done is None:
            continue
        seed, result = done
        waiting.discard(seed)
        try:
            row = _row(result())
        except FATAL:
            raise
        except Exception as error:  # noqa: BLE001  (the other seeds tell enough)
            driver.progress.say(f"trial {number} from seed {seed} failed: {error}")
        else:
            kept = {**kept, number: {**kept.get(number, {}), str(seed): row}}
            study.note(REPEATS, kept)


def _row(trained: Trained) -> dict[str, Any]:
    size = {"raw_bytes": len(trained.model), "zipped_bytes": zipped_bytes(trained.model)}
    return {"size": size, **trained.row}
