"""What an agent is worth: against exact tables where states can be listed, else by trying goals out.

`score` is for every kind of world and returns one kind of result; `evaluate` and `try_goals` are its two halves.
"""

from leo_lab.scores.evaluation import Evaluation, evaluate
from leo_lab.scores.outcomes import Trials
from leo_lab.scores.sheet import Score, score
from leo_lab.scores.trials import try_goals, try_places

__all__ = ["Evaluation", "Score", "Trials", "evaluate", "score", "try_goals", "try_places"]
