"""Batches of similar length that fit a budget of tokens."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from search.models.batches import token_batches

LENGTHS = st.lists(st.integers(0, 300), max_size=60)
BUDGETS = st.integers(1, 700)


@given(LENGTHS, BUDGETS)
def test_every_text_is_in_exactly_one_batch(lengths: list[int], budget: int) -> None:
    positions = [int(position) for batch in token_batches(lengths, budget) for position in batch]
    assert sorted(positions) == list(range(len(lengths)))


@given(LENGTHS, BUDGETS)
def test_a_padded_batch_fits_the_budget_unless_one_text_alone_does_not(lengths: list[int], budget: int) -> None:
    for batch in token_batches(lengths, budget):
        assert len(batch) == 1 or len(batch) * max(lengths[position] for position in batch) <= budget


@given(LENGTHS, BUDGETS)
def test_batches_go_from_long_to_short_and_no_two_could_be_one(lengths: list[int], budget: int) -> None:
    batches = [[lengths[position] for position in batch] for batch in token_batches(lengths, budget)]
    assert [length for batch in batches for length in batch] == sorted(lengths, reverse=True)
    for batch, following in pairwise(batches):
        assert (len(batch) + 1) * max(*batch, *following, 1) > budget
