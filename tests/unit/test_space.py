"""Spaces: what may vary, by path; and what is wanted."""

import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from candidates._networks import DsCnn, TcCnn
from candidates._search import spaces
from candidates._search.aims import Goal, aims_in
from candidates._search.space import Space, load_space, space_names
from candidates._search.text import written
from candidates._search.variations import Choices, Real, Share, Variation, Whole, evenly
from harness import GO_STOP_BUDGET, Budget, Candidate, LogMel, Training
from harness.errors import CandidateError, SearchError

BASE: Final = Candidate(network=TcCnn(width=16))


def space(vary: Mapping[str, Any], **more: Any) -> Space:
    return Space(**{"base": BASE, "vary": vary, "goals": ("size", "validation score"), **more})


class TestVariations:
    @pytest.mark.parametrize(
        "variation",
        [Whole(3, 9), Whole(1, 100, log=True), Real(0.1, 0.2), Real(1e-5, 1, log=True)],
        ids=written,
    )
    def test_what_is_drawn_lies_in_the_range(self, variation: Whole | Real) -> None:
        rng = np.random.default_rng(0)

        drawn = [variation.value(variation.drawn(rng)) for _ in range(300)]

        assert variation.low <= min(drawn) < max(drawn) <= variation.high
        assert len(set(drawn)) > 5

    def test_a_logarithmic_range_gives_each_decade_the_same_share(self) -> None:
        rng, rate = np.random.default_rng(0), Real(1e-4, 1e-2, log=True)

        drawn = [rate.value(rate.drawn(rng)) for _ in range(400)]

        assert 160 < sum(value < 1e-3 for value in drawn) < 240

    def test_a_real_number_has_three_digits(self) -> None:
        assert Real(0, 1).value(0.123456) == 0.123
        assert Real(0.12345, 1).value(0.12345) == 0.12345

    def test_even_choices_are_whole_where_they_can_be(self) -> None:
        assert evenly(10, 40, 4).values == (10, 20, 30, 40)
        assert evenly(0, 1, 3).values == (0, 0.5, 1)

    def test_choices_may_be_anything(self) -> None:
        networks = Choices(TcCnn(width=8), DsCnn(width=8, blocks=2))

        assert list(networks.labels) == ["TcCnn(width=8)", "DsCnn(width=8, blocks=2)"]
        assert networks.value("DsCnn(width=8, blocks=2)") == DsCnn(width=8, blocks=2)

    @pytest.mark.parametrize(
        ("make", "fault"),
        [
            (lambda: Whole(9, 3), "^impossible range: Whole.* from 9 to 3; use a least and"),
            (lambda: Real(1, 1), "^impossible range: Real.* from 1 to 1; "),
            (lambda: Real(0, 1, log=True), "above 0 if logarithmic$"),
            (lambda: Real(0, math.inf), "^impossible range: .* from 0 to inf; "),
            (lambda: evenly(3, 1, 2), "^impossible range: evenly from 3 to 1; "),
            (lambda: evenly(1, 3, 1), "^impossible range: evenly from 1 to 3; "),
            (Choices, "^impossible choices: ; name different values$"),
            (lambda: Choices(1, 2, 1), "^impossible choices: 1, 2, 1; name different values$"),
        ],
    )
    def test_an_empty_or_reversed_range_is_refused(self, make: Any, fault: str) -> None:
        with pytest.raises(SearchError, match=fault):
            make()


class TestCandidates:
    def test_fields_are_changed_by_path(self) -> None:
        found = space(
            {
                "frontend.mel_bins": Whole(10, 40),
                "training.learning_rate": Real(0.001, 0.1, log=True),
                "network.width": Choices(8, 12),
                "quantization": Choices("float32", "int8"),
            }
        ).candidate(
            {
                "frontend.mel_bins": 20,
                "training.learning_rate": 0.01234567,
                "network.width": 12,
                "quantization": "int8",
            }
        )

        assert found == Candidate(
            frontend=LogMel(mel_bins=20),
            network=TcCnn(width=12),
            training=Training(learning_rate=0.0123),
            quantization="int8",
        )

    def test_values_are_changed_at_once_not_one_by_one(self) -> None:
        base = replace(BASE, frontend=LogMel(low_hz=20, high_hz=1_000, mel_bins=4))
        both = {"frontend.low_hz": Choices(20, 2_000), "frontend.high_hz": Choices(1_000, 4_000)}

        found = space(both, base=base).candidate(
            {"frontend.low_hz": 2_000, "frontend.high_hz": 4_000}
        )

        assert found.frontend == LogMel(low_hz=2_000, high_hz=4_000, mel_bins=4)

    def test_a_share_follows_the_field_it_is_of(self) -> None:
        vary = {
            "frontend.frame_ms": Choices(20, 50),
            "frontend.hop_ms": Share("frontend.frame_ms", Choices(1, 0.25)),
            "training.final_learning_rate": Share("training.learning_rate", Choices(0.1)),
        }

        found = space(vary).candidate(
            {
                "frontend.frame_ms": 50,
                "frontend.hop_ms": 0.25,
                "training.final_learning_rate": 0.1,
            }
        )

        assert found.frontend == LogMel(frame_ms=50, hop_ms=12.5)
        assert found.training.final_learning_rate == 0.001

    def test_whole_parts_and_their_fields_can_vary_together(self) -> None:
        vary = {
            "network": Choices(TcCnn(width=8), DsCnn(width=8)),
            "network.width": Choices(16, 32),
        }

        found = space(vary).candidate({"network": "DsCnn(width=8)", "network.width": 32})

        assert found.network == DsCnn(width=32)

    def test_a_field_that_a_choice_lacks_is_refused(self) -> None:
        vary = {"network": Choices(TcCnn(width=8), DsCnn(width=8)), "network.first": Choices(1, 3)}

        with pytest.raises(CandidateError, match=r"^impossible candidate: DsCnn has no first; "):
            space(vary).candidate({"network": "DsCnn(width=8)", "network.first": 1})

    def test_what_a_candidate_refuses_is_refused_with_the_same_sentence(self) -> None:
        with pytest.raises(CandidateError) as refused:
            Candidate(network=TcCnn(width=16), training=Training(levels=7), sparsity=0.5)
        vary: dict[str, Variation] = {
            "sparsity": Choices(0.0, 0.5),
            "training.levels": Choices(None, 7),
        }

        with pytest.raises(CandidateError) as found:
            space(vary).candidate({"sparsity": 0.5, "training.levels": 7})

        assert str(found.value) == str(refused.value)

    def test_a_condition_refuses_a_candidate_for_its_reason(self) -> None:
        def few_frames(candidate: Candidate) -> str | None:
            return "too many frames" if candidate.frontend.shape[0] > 40 else None

        few = space({"frontend.hop_ms": Choices(10, 50)}, condition=few_frames)

        assert few.candidate({"frontend.hop_ms": 50}).frontend == LogMel(hop_ms=50)
        with pytest.raises(CandidateError, match=r"^too many frames$"):
            few.candidate({"frontend.hop_ms": 10})


class TestAims:
    def test_the_limits_of_the_budget_are_constraints(self) -> None:
        aims = space({"network.width": Choices(8, 12)}).aims

        assert [metric.name for metric in aims.objectives] == ["size", "validation score"]
        assert {c.metric.name: c.limit for c in aims.constraints} == {
            "accuracy": 0.97,
            "size": 25 * 1024,
            "latency": 8_000,
        }

    def test_a_goal_with_a_limit_is_a_constraint_in_place_of_the_budgets(self) -> None:
        goals = ("validation score", Goal("size", limit=3_000), Goal("MACs", limit=1e6))
        aims = space({"network.width": Choices(8, 12)}, goals=goals).aims

        assert [metric.name for metric in aims.objectives] == ["validation score"]
        assert [(c.metric.name, c.limit) for c in aims.constraints] == [
            ("size", 3_000),
            ("MACs", 1e6),
            ("accuracy", 0.97),
            ("latency", 8_000),
        ]

    def test_less_is_better_of_a_loss(self) -> None:
        aims = space({"network.width": Choices(8, 12)}).aims
        row = {"size": {"zipped_bytes": 2_000}, "validation": {"score": 0.9}}

        assert aims.losses(row) == (2_000, -0.9)
        assert aims.losses({"validation": {"score": 0.9}}) == (math.inf, -0.9)

    def test_an_excess_is_a_share_of_the_limit(self) -> None:
        aims = space({"network.width": Choices(8, 12)}).aims

        assert aims.excess({"size": {"zipped_bytes": 20_000}}) == 0
        assert aims.excess({"size": {"zipped_bytes": 51_200}}) == 1
        assert aims.excess({"size": {"zipped_bytes": 25_600}}) > 0  # limits are strict

    def test_aims_are_the_same_when_written_down_and_read(self) -> None:
        goals = ("size", Goal("sparsity", better="higher"), Goal("latency", limit=60))
        aims = space({"network.width": Choices(8, 12)}, goals=goals).aims

        assert aims_in(aims.facts()) == aims


class TestRefusals:
    @pytest.mark.parametrize(
        ("more", "fault"),
        [
            ({"vary": {}}, "^impossible space: nothing varies; use vary="),
            (
                {"vary": {"frontend.melbins": Choices(1, 2)}},
                "^unknown field 'frontend.melbins'; near ones: frontend.mel_bins",
            ),
            (
                {"vary": {"network.learning_rate": Choices(1, 2)}},
                "near ones: .*training.learning_rate",
            ),
            (
                {"vary": {"network.width.x": Choices(1, 2)}},
                "^unknown field 'network.width.x'; near ones: network.width",
            ),
            (
                {"vary": {"frontend.hop_ms": Share("frontend.frame", Choices(1, 2))}},
                "^unknown field 'frontend.frame'; near ones: frontend.frame_ms",
            ),
            (
                {"vary": {"frontend.hop_ms": Share("frontend.hop_ms", Choices(1, 2))}},
                "^impossible space: frontend.hop_ms is a share of frontend.hop_ms; use a field",
            ),
            (
                {"vary": {"training.learning_rate": Real(0.1, 1)}, "sampler": "grid"},
                "^impossible space: training.learning_rate is a real range in a grid; use Choices",
            ),
            ({"sampler": "best"}, "^impossible space: sampler='best'; use tpe or random or grid$"),
            ({"goals": ("speed",)}, "^impossible space: 'speed' is no metric; use one of accuracy"),
            ({"goals": ()}, "^impossible space: goals=\\(\\); use one or more different metrics"),
            (
                {"goals": (Goal("size", limit=1),)},
                "use one or more different metrics without a limit$",
            ),
            ({"goals": ("size", "size")}, "use one or more different metrics without a limit$"),
            (
                {"goals": ("calls",)},
                "^impossible space: neither more nor less of calls is better; use Goal",
            ),
            (
                {"goals": ("false accepts on digits",)},
                "^impossible space: no search measures false accepts on digits; use another",
            ),
            ({"rungs": (0.5,)}, "^impossible space: rungs=\\(0.5,\\); use rising shares"),
            ({"rungs": (0.5, 0.2, 1)}, "use rising shares of the epochs that end in 1$"),
            ({"repeats": -1}, "^impossible space: repeats=-1; use a number of seeds, 0 for none$"),
        ],
    )
    def test_a_space_that_makes_no_sense_is_refused(self, more: dict[str, Any], fault: str) -> None:
        with pytest.raises(SearchError, match=fault):
            space(**{"vary": {"network.width": Choices(8, 12)}, **more})

    def test_an_unknown_space_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(
            SearchError,
            match=r"^unknown space 'best'; known spaces: quickest, seed_grid, smallest$",
        ):
            load_space("best")


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("SPACE = 3", r"must define SPACE = Space\(...\), found int$"),
        ("SPACE = 1 / 0", r"cannot be imported: ZeroDivisionError: .*; fix the module$"),
        (
            "from candidates._search.variations import Whole\nSPACE = Whole(3, 2)",
            r"^_search/spaces/broken.py: impossible range: ",
        ),
    ],
)
def test_a_broken_space_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, fault: str
) -> None:
    (tmp_path / "broken.py").write_text(source)
    monkeypatch.setattr(spaces, "__path__", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"{spaces.__name__}.broken", raising=False)

    with pytest.raises(SearchError, match=fault):
        load_space("broken")


@pytest.mark.parametrize("name", space_names())
def test_every_space_of_the_repository_can_be_loaded(name: str) -> None:
    assert load_space(name).described()["sampler"] in {"tpe", "grid"}


def test_a_space_is_described_part_by_part() -> None:
    first = space({"network.width": Choices(8, 12)}).described()
    other = space({"network.width": Choices(8, 16)}).described()

    assert first["base"] == "Candidate(network=TcCnn(width=16))"
    assert [part for part in first if first[part] != other[part]] == ["vary 'network.width'"]


class TestText:
    def test_only_what_differs_is_written(self) -> None:
        assert written(LogMel()) == "LogMel()"
        assert written(replace(BASE, frontend=LogMel(mel_bins=20), sparsity=0.5)) == (
            "Candidate(network=TcCnn(width=16), frontend=LogMel(mel_bins=20), sparsity=0.5)"
        )

    def test_what_a_candidate_settled_itself_is_not_written(self) -> None:
        tight = GO_STOP_BUDGET.tighten(max_latency_us=100)

        assert written(replace(BASE, budget=GO_STOP_BUDGET)) == written(BASE)
        assert written(replace(BASE, budget=tight)) == (
            "Candidate(network=TcCnn(width=16), budget=Budget(min_accuracy=0.97, "
            "max_zipped_bytes=25600, max_latency_us=100))"
        )

    def test_what_is_written_makes_the_value_again(self) -> None:
        value = Candidate(
            network=DsCnn(width=8, kernel=(10, 4)),
            training=Training(augmentation=None, decay="linear"),
            labels=("up", "down", "left"),
            task=("up", "down"),
            budget=Budget(min_accuracy=0.9, max_zipped_bytes=1_000, max_latency_us=50),
            misses={"espeak": ("accuracy",)},
        )
        names = {"Candidate": Candidate, "DsCnn": DsCnn, "Training": Training, "Budget": Budget}

        assert eval(written(value), names) == value  # noqa: S307  (our own text)
