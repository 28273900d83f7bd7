from slowlens.measure.worker.sequence import Common, common_prompt, within


def test_a_prompt_is_cut_in_the_middle_and_keeps_both_ends() -> None:
    assert common_prompt(range(10), 4) == (0, 7, 8, 9)


def test_a_prompt_is_repeated_up_to_its_length_and_keeps_its_end() -> None:
    assert common_prompt([1, 2, 3], 8) == (1, 2, 3, 1, 2, 1, 2, 3)


def test_it_stays_as_it_is_where_no_length_is_asked_for() -> None:
    assert common_prompt([1, 2, 3], 0) == common_prompt([1, 2, 3], 3) == (1, 2, 3)


def test_the_answer_goes_on_with_itself_and_the_prompt() -> None:
    assert Common((1, 2), (7, 8)).ahead(6) == (7, 8, 1, 2, 7, 8)
    assert Common((1, 2)).ahead(3) == (1, 2, 1)


def test_ids_that_a_vocabulary_lacks_are_folded_into_it() -> None:
    assert within([1, 9, 10, 25], 10) == (1, 9, 0, 5)
