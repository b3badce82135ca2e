"""What is fuzzed: a name, the promise as a function of bytes, and the published bytes to begin with."""

from collections.abc import Callable
from functools import partial

from meters_io.conformance.shape import Family
from tests.fuzz import answers, conformance, forms, frames, handheld, messages, streams, tokens
from tests.fuzz.target import Target
from tests.meters_io.samples import DLT645, GDW1376


def _meter_samples() -> list[bytes]:
    return [sample.raw for sample in DLT645]


def _terminal_samples() -> list[bytes]:
    return [sample.raw for sample in GDW1376]


def _cut(samples: Callable[[], list[bytes]]) -> Callable[[], list[bytes]]:
    return lambda: [bytes((place % 256, 128, 0, place % 97)) + raw for place, raw in enumerate(samples())]


TARGETS: dict[str, Target] = {
    "dlt645-frame": Target(frames.check_meter_bytes, _meter_samples, 300),
    "dlt645-stream": Target(partial(streams.check_line, streams.METERS), _cut(_meter_samples)),
    "dlt645-verbs": Target(frames.check_meter_verbs, frames.meter_bodies, 256),
    "dlt645-message": Target(messages.check_meter_message, frames.meter_bodies, 256),
    "dlt645-long": Target(answers.check_long_read, answers.long_answers, 120),
    "gdw1376-joining": Target(answers.check_joining, answers.parts, 400),
    "gdw1376-frame": Target(frames.check_terminal_bytes, _terminal_samples),
    "gdw1376-stream": Target(partial(streams.check_line, streams.TERMINALS), _cut(_terminal_samples)),
    "gdw1376-verbs": Target(frames.check_terminal_verbs, frames.terminal_insides),
    "gdw1376-message": Target(messages.check_terminal_message, frames.terminal_insides),
    "sts-digits": Target(tokens.check_digits, tokens.typed, 40),
    "sts-data": Target(tokens.check_data, tokens.data, 6),
    "sts-sections": Target(tokens.check_sections, lambda: [b"".join(tokens.data()[3:5] + tokens.data()[8:10])], 48),
    "sts-tables": Target(answers.check_tables, answers.tables, 600),
    "sts-meter": Target(tokens.check_meter, tokens.rows, 210),
    **{
        f"conformance-{family}": Target(conformance.check_of(family), conformance.seeds_of(family), 4096)
        for family in Family
    },
    "handheld-file": Target(handheld.check_file, handheld.files, 2048),
    "handheld-rows": Target(handheld.check_rows, handheld.rows, 200),
    "values": Target(frames.check_values, lambda: [raw[-20:] for raw in _meter_samples() + _terminal_samples()], 20),
    "layout-read": Target(forms.check_forms, forms.seeds, 200),
    "layout-write": Target(forms.check_writing, forms.seeds, 60),
}
