"""Whether a model ranks in lower precision as it does in fp32, asked once when it is loaded."""

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]  # (queries, passages)

QUERIES = (
    "oil price falls as demand collapses",
    "central bank raises interest rates",
    "extra-time goal decides the cup final",
    "new vaccine trial results",
    "earthquake rescue workers search for survivors",
    "company reports record quarterly profit",
)
PASSAGES = (
    "Crude slid below thirty dollars a barrel on Monday after refiners cut runs and airlines grounded most of their fleets.",
    "Producers agreed to pump less from May, hoping to halt the slump in fuel consumption.",
    "Policymakers lifted the benchmark borrowing cost by half a point, saying inflation remained too high.",
    "Mortgage lenders expect dearer loans after the governor hinted at further tightening this year.",
    "A goal in extra time gave the visitors the cup for the first time in their history, in front of 60,000 supporters.",
    "The captain said the defeat in last night's decider would hurt for a long time.",
    "Four in five volunteers who received two doses were protected, the laboratory said on publishing its study.",
    "Regulators will decide next month whether the jab can be offered to children.",
    "Teams with dogs dug through the rubble of the school for a third night after the magnitude 7 tremor.",
    "Seismologists had warned that the fault beneath the province was under strain.",
    "The chip maker earned more than ever between April and June and raised its forecast for the year.",
    "Shares fell after the retailer warned that earnings would miss expectations.",
)


def agree(exact: Scores, lower: Scores, *, tolerance: float) -> bool:
    """Whether no score moved by more than ``tolerance``, and each query's best passage is still (within that) the best."""
    chosen = np.take_along_axis(exact, lower.argmax(axis=1)[:, None], axis=1)[:, 0]
    return bool(np.abs(exact - lower).max() <= tolerance and (exact.max(axis=1) - chosen).max() <= tolerance)
