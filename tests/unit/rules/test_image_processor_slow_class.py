from typing import Any

import pytest

from pairs import QWEN, made, merged_of, source_of
from slowlens.facts.environment import Environment
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Edit, Finding, Severity
from slowlens.rules.image_processor_slow_class import check

FILE = "preprocessor_config.json"
SLOW, FAST, PIL = (f"Qwen2VLImageProcessor{suffix}" for suffix in ("", "Fast", "Pil"))


def own(kind: Any) -> Any:
    return made(QWEN, preprocessor_config_json={"image_processor_type": kind})


def found(merged: Any, source: Any = None, packages: Any = None) -> list[Finding]:
    there = None if source is None else source_of(source)
    machine = None if packages is None else Environment("3.12", "Linux", packages)
    return list(check(merged_of(merged), there, machine))


def test_a_name_that_lost_its_suffix() -> None:
    (finding,) = found(own(SLOW), own(FAST))
    assert finding.message == (
        "preprocessor_config.json names Qwen2VLImageProcessor where the source names "
        "Qwen2VLImageProcessorFast: transformers 4.52 prepares pictures with PIL"
    )
    assert finding.severity is Severity.WARNING
    assert finding.affects == (Runtime.TRANSFORMERS_4,)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.edits == (Edit(FILE, ("image_processor_type",), before=SLOW, after=FAST),)


def test_a_name_that_only_transformers_5_knows() -> None:
    (finding,) = found(own(PIL))
    assert "which transformers 4 does not know: loading fails" in finding.message
    assert finding.severity is Severity.ERROR
    assert finding.affects == (Runtime.TRANSFORMERS_4,)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    assert finding.fix.edits == (Edit(FILE, ("image_processor_type",), before=PIL, after=SLOW),)


def test_a_machine_without_torchvision() -> None:
    (finding,) = found(own(FAST), packages={"transformers": "5.23.0"})
    assert (finding.severity, finding.affects) == (Severity.NOTE, (Runtime.TRANSFORMERS_5,))
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "pip install torchvision" in finding.fix.reason


@pytest.mark.parametrize(
    ("merged", "source"),
    [
        (own(SLOW), None),
        (own(SLOW), own(SLOW)),
        (own(FAST), own(SLOW)),
        (own(FAST), own(FAST)),
        (own(SLOW), own("CLIPImageProcessorFast")),
        (own(SLOW), made(QWEN)),
        (own(SLOW), own(3)),
        (own(None), own(FAST)),
        (own(3), own("3Fast")),
        (made(QWEN), own(FAST)),
        (made(QWEN, processor_config_json={"image_processor": {}}), own(FAST)),
    ],
)
def test_no_alarm(merged: Any, source: Any) -> None:
    assert not found(merged, source)


@pytest.mark.parametrize(
    "packages",
    [{}, {"transformers": "4.52.4"}, {"transformers": "5.23.0", "torchvision": "0.28.0"}],
)
def test_no_alarm_about_the_machine(packages: Any) -> None:
    assert not found(own(FAST), packages=packages)


def test_no_alarm_about_the_machine_without_pictures() -> None:
    assert not found(made(QWEN), packages={"transformers": "5.23.0"})
