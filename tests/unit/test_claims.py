"""What the project says of how it measures, and the tests that show it."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

CLAIMS: Final[Mapping[str, tuple[str, ...]]] = {
    "The object whose accuracy is counted is the one that is timed.": (
        "test_spotter.py::test_a_spotter_is_front_end_and_model_and_nothing_else",
        "test_subject.py::test_a_candidate_is_scored_on_every_clip_of_its_task",
        "test_subject.py::test_clips_are_timed_in_turn_over_and_over",
    ),
    "A timed call is front-end plus inference.": (
        "test_gate.py::test_the_latency_is_front_end_plus_model_and_each_stage_is_timed_alone",
        "test_timing.py::test_exactly_front_end_and_inference_are_counted",
    ),
    "Reading a clip is not timed.": (
        "test_timing.py::test_whole_calls_are_timed_without_the_fetching_of_clips",
    ),
    "Front-end and inference are timed apart as well.": (
        "test_gate.py::test_the_latency_is_front_end_plus_model_and_each_stage_is_timed_alone",
    ),
    "The first call is reported apart.": (
        "test_gate.py::test_the_latency_is_front_end_plus_model_and_each_stage_is_timed_alone",
        "test_timing.py::test_one_call_is_timed_in_microseconds",
    ),
    "The cost of timing a call is printed.": ("test_gate.py::test_the_cost_of_timing_is_printed",),
    "Five windows of each candidate are interleaved: the first of all, then the second of all.": (
        "test_gate.py::test_windows_are_interleaved_across_candidates",
    ),
    "A window begins with at least ten untimed calls, the first with half a second of them.": (
        "test_subject.py::test_windows_last_as_long_as_the_profile_says_and_the_first_has_the_longest_warm_up",
        "test_timing.py::test_a_slow_spotter_is_warmed_up_by_ten_calls_all_the_same",
        "test_timing.py::test_the_profiles_are_quick_and_full",
    ),
    "Calls are timed on one core, by one thread, with the garbage collector off.": (
        "test_gate.py::test_calls_are_timed_on_one_core_by_one_thread_without_garbage_collector",
        "test_gate_faults.py::test_a_throttled_board_makes_rows_invalid_after_three_attempts",
    ),
    "The latency is the median call of the median window.": (
        "test_timing.py::test_the_median_window_decides_not_the_disturbed_one",
        "test_subject.py::test_a_candidate_is_judged_by_the_median_of_its_windows",
    ),
    "The 90th, 95th and 99th percentile and the maximum are those of all calls.": (
        "test_row.py::test_latency_is_the_median_window_and_the_tail_of_all_calls",
    ),
    "The next candidate is tried while one listens to its stream, never while anything is timed.": (
        "test_run.py::test_the_next_candidate_is_tried_while_one_listens",
        "test_run.py::test_on_one_core_nothing_is_tried_beside_a_candidate",
        "test_listened.py::test_nothing_is_timed_while_this_process_has_other_work_done",
    ),
    "Accuracy is n of N, with its 95 % Wilson interval.": (
        "test_statistics.py::test_the_interval_is_wilsons",
        "test_row.py::test_accuracy_is_a_count_with_its_interval_and_confusion",
    ),
    "Accuracy is counted on speakers that no model was trained on.": (
        "test_mini_speech_commands.py::test_no_speaker_is_in_two_splits",
        "test_espeak.py::test_no_family_of_voices_is_on_two_sides",
    ),
    "A verdict is not certain where the limit lies within the interval of the accuracy.": (
        "test_report.py::test_a_verdict_is_not_certain_if_the_limit_lies_in_the_interval",
    ),
    "With --certain the lower end of the interval must beat the limit, too.": (
        "test_gate_faults.py::test_a_few_clips_are_not_enough_with_certain",
    ),
    "A limit that is missed fails the run, also where the tests of verdicts are left out.": (
        "test_gate_faults.py::test_failing_candidates_have_rows_with_the_reason",
        "test_gate_interrupts.py::test_a_missed_limit_fails_a_run_without_the_tests_of_verdicts",
        "test_gate_interrupts.py::test_a_missed_limit_fails_a_run_of_benchmarks_only",
    ),
    "A top score above 0.95 triggers the operating rule.": (
        "test_statistics.py::test_the_rule_is_triggered_by_a_right_answer_above_the_threshold",
        "test_row.py::test_the_operating_rule_is_recorded_with_its_threshold",
    ),
    "False accepts are counted on all other words of the test split and on 361 clips of noise.": (
        "test_gate.py::test_other_words_and_noise_that_trigger_the_rule_are_counted",
        "test_subject.py::test_other_words_are_scored_for_false_accepts",
        "test_row.py::test_false_accepts_are_counted_for_words_and_for_noise",
        "test_noise.py::test_every_kind_is_there_at_every_level_and_digital_zero_once",
    ),
    "Other words are counted apart by whether the training contained them.": (
        "test_subject.py::test_words_that_the_training_contained_are_counted_apart",
        "test_card.py::test_words_of_another_language_are_other_words",
    ),
    "English digits, which no training contains, are counted apart, over speakers, too.": (
        "test_subject.py::test_digits_are_scored_by_who_says_them",
        "test_row.py::test_false_accepts_on_digits_have_an_interval_over_speakers",
        "test_hygiene.py::test_no_training_contained_an_english_digit",
    ),
    "The size is that of a zip of the one file, DEFLATE level 9.": (
        "test_size.py::test_the_level_is_nine",
        "test_size.py::test_a_kilobyte_of_zeros_is_compressed_not_stored",
        "test_size.py::test_an_empty_file_costs_the_container_alone",
    ),
    "Sparsity is counted in the file, not taken from the recipe.": (
        "test_model.py::test_parameters_macs_and_zeros_are_those_counted_by_hand",
        "test_model.py::test_a_quantised_zero_is_the_zero_point",
    ),
    "A board that is throttled, or was since the run began, makes a row invalid.": (
        "test_validity.py::test_one_throttled_reading_makes_the_row_invalid",
        "test_validity.py::test_a_board_throttled_between_two_readings_makes_the_row_invalid",
        "test_gate_faults.py::test_a_throttled_board_makes_rows_invalid_after_three_attempts",
    ),
    "A clock that falls by more than 2 % while the board is busy makes a row invalid.": (
        "test_validity.py::test_a_clock_that_falls_makes_the_row_invalid",
        "test_validity.py::test_a_clock_that_hardly_falls_leaves_the_row_valid",
    ),
    "A row that the board made invalid is measured again, twice at most.": (
        "test_subject.py::test_all_windows_are_measured_again_twice_at_most",
        "test_gate_faults.py::test_a_throttled_board_makes_rows_invalid_after_three_attempts",
    ),
    "A runtime without XNNPACK makes a row invalid, and is not measured again.": (
        "test_validity.py::test_a_missing_delegate_makes_the_row_invalid",
        "test_subject.py::test_a_missing_delegate_is_not_measured_again",
    ),
    "An invalid row fails the run with --strict-board only.": (
        "test_verdict.py::test_fail_and_error_fail_a_run_and_invalid_does_with_a_strict_board",
        "test_gate_faults.py::test_a_throttled_board_makes_rows_invalid_after_three_attempts",
    ),
    "Windows that differ are warned of.": (
        "test_validity.py::test_windows_that_spread_are_warned_of",
        "test_validity.py::test_one_window_far_off_is_warned_of",
    ),
    "Other processes at work are warned of.": (
        "test_validity.py::test_other_processes_that_work_are_warned_of",
    ),
    "An unsteady governor is warned of.": (
        "test_validity.py::test_a_governor_other_than_performance_is_warned_of",
        "test_subject.py::test_an_unsteady_governor_is_warned_of",
    ),
    "A Pi whose firmware is silent is warned of.": (
        "test_validity.py::test_a_pi_whose_firmware_is_silent_is_warned_of",
        "test_subject.py::test_a_pi_whose_firmware_is_silent_is_warned_of",
    ),
    "A model that crashes its process fails its own row only.": (
        "test_probe.py::test_a_crash_is_an_error_and_the_next_model_is_probed",
        "test_gate_faults.py::test_one_bad_candidate_never_stops_the_others",
    ),
    "No table mixes two machines, and a first run changes no committed file.": (
        "test_report.py::test_two_machines_never_share_a_table",
        "test_gate_faults.py::test_a_first_run_on_another_machine_of_a_kind_changes_no_committed_file",
    ),
    "A spotter that dies on any clip dies in the child process, and fails its own row only.": (
        "test_probe.py::test_a_spotter_that_dies_on_a_later_clip_dies_in_the_child",
        "test_subject.py::test_nothing_is_loaded_here_that_a_child_process_refused",
        "test_gate_faults.py::test_one_bad_candidate_never_stops_the_others",
    ),
    "A module that ends or hangs its process fails its own row only.": (
        "test_registry.py::test_a_module_that_stops_its_process_is_an_error_when_tried",
        "test_gate_faults.py::test_a_module_that_stops_its_process_fails_its_own_row",
    ),
    "A spotter that would take over ten minutes to score the clips fails its own row.": (
        "test_probe.py::test_a_spotter_that_would_take_too_long_is_refused_with_the_figure",
        "test_probe.py::test_a_first_call_that_is_slow_alone_does_not_decide",
    ),
    "A run that is killed loses the window it was at.": (
        "test_gate_interrupts.py::test_a_killed_run_loses_the_window_it_was_at",
        "test_recorder.py::test_rows_are_kept_as_they_grow",
    ),
    "A stream uses no recording twice, and is what its digest says.": (
        "test_scene.py::test_no_recording_is_used_twice",
        "test_scene.py::test_a_stream_is_the_same_every_time_and_its_digest_says_so",
    ),
    "Its backgrounds hold no word of the task; keywords follow, 0 to 20 dB louder than others.": (
        "test_scene.py::test_backgrounds_come_first_kind_after_kind_and_keywords_follow",
        "test_scene.py::test_a_keyword_is_as_much_louder_than_its_background_as_planned",
        "test_sentences.py::test_a_sentence_with_a_word_of_the_task_is_left_out",
    ),
    "What is counted in a stream is what the listener detects on the same sound.": (
        "test_listened.py::test_what_is_counted_is_what_a_detector_detects",
        "test_stream_part.py::test_who_listens_to_the_same_audio_counts_the_same",
    ),
    "False accepts per hour have the exact interval of Poisson.": (
        "test_statistics.py::test_a_rate_has_the_exact_interval_of_poisson",
    ),
    "A model that hangs is killed.": ("test_probe.py::test_a_model_that_hangs_is_killed",),
    "A model that eats memory is killed.": (
        "test_probe.py::test_a_model_that_eats_memory_is_killed",
    ),
}
"""Each claim with its proofs: file in this folder, and test."""


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_test_that_proves_a_claim_exists(claim: str) -> None:
    assert CLAIMS[claim]
    assert list(missing(CLAIMS[claim])) == []


def test_a_missing_test_is_noticed() -> None:
    here = f"{Path(__file__).name}::test_a_missing_test_is_noticed"
    gone = [f"{Path(__file__).name}::missing", f"{Path(__file__).name}::test_x", "test_x.py::test"]

    assert list(missing([here, *gone])) == gone


def missing(proofs: Iterable[str]) -> Iterator[str]:
    """Return those of *proofs* that are no test of any file in this folder."""
    for proof in proofs:
        name, _, test = proof.partition("::")
        path = Path(__file__).with_name(name)
        if not (path.is_file() and test in defined_in(path)):
            yield proof


def defined_in(path: Path) -> set[str]:
    """Return the names of the tests that a file defines."""
    defined = ast.parse(path.read_text(encoding="utf-8")).body
    functions = {node.name for node in defined if isinstance(node, ast.FunctionDef)}
    return {name for name in functions if name.startswith("test_")}
