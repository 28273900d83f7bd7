from slowlens.spelling import meant, near, question

RULES = ("gen-use-cache-false", "eos-lost-or-wrong", *(f"rule-{n}" for n in range(10)))


def test_a_slip_is_recognised() -> None:
    assert meant("gen-use-cash-false", RULES) == "Did you mean gen-use-cache-false?"
    assert meant("EOS_lost_or_wrong", RULES) == "Did you mean eos-lost-or-wrong?"


def test_a_part_of_a_name_is_enough() -> None:
    assert meant("eos", RULES) == "Did you mean eos-lost-or-wrong?"


def test_names_are_told_as_they_are_written() -> None:
    assert near("smollm2_Mergd", ["SmolLM2-merged", "other"]) == ["SmolLM2-merged"]
    assert near("e", ["merged", "source"]) == [], "one letter is in every name"
    assert question(["a", "b"]) == "Did you mean a or b?"
    assert question([]) == ""


def test_few_names_are_listed_and_many_are_not() -> None:
    assert meant("x", ("rule", "reason")) == "There are: rule, reason."
    assert meant("zzzz", RULES) == meant("", RULES) == ""
