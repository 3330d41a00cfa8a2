"""A negative that differs from the relevant passage in one name only."""

import numpy as np

from indexer.training.cross_encoder import Group
from indexer.training.swapped_names import with_swapped_name

ELSEWHERE = ["in the end it was Leutwiler who spoke"]


def swapped(group: Group) -> Group:
    return with_swapped_name(group, ELSEWHERE, np.random.default_rng(0))


def test_the_shared_name_is_replaced_everywhere_and_the_passage_counts_as_irrelevant() -> None:
    passage = "The bank said Poehl would stay. It was Poehl who asked, POEHL said of Kohl."
    group = swapped(Group("poehl contract", ("other", passage), (0.0, 1.0), (0.2, 0.7)))
    assert group.passages[2] == "The bank said Leutwiler would stay. It was Leutwiler who asked, Leutwiler said of Kohl."
    assert group.relevance == (0.0, 1.0, 0.0)
    assert group.evidence == (0.2, 0.7, 0.7)


def test_groups_without_a_shared_name_or_anything_relevant_stay_as_they_are() -> None:
    for group in (
        Group("contract renewal", ("The bank said Poehl would stay.",), (1.0,), (0.5,)),
        Group("poehl", ("The bank said Poehl would stay.",), (0.0,), (0.5,)),
        Group("poehl", ("Poehl stays.",), (1.0,), (0.5,)),  # begins the sentence: perhaps no name
    ):
        assert swapped(group) == group


def test_a_name_that_the_passage_has_anyway_is_not_put_in() -> None:
    group = Group("poehl", ("There Poehl met Leutwiler.",), (1.0,), (0.5,))
    assert swapped(group) == group
