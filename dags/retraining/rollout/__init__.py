"""The tasks of the two DAGs that watch a version on live traffic, one in each file of its name.

``promote_challenger``: ``resolve_challenger -> look -> report``; ``champion_baking``: ``find_promoted -> look ->
report``. ``look`` is one look of many: the DAGs repeat it until the rollout is over. What is decided, and on which
numbers, is the serving command line's (``serving/docs/live-traffic.md``). All that it knows of a rollout is in the
registry, so each task may run twice, and a DAG run that was killed leaves a rollout that the next one goes on with.
"""

from retraining.rollout.find_promoted import find_promoted
from retraining.rollout.look import look
from retraining.rollout.report import report
from retraining.rollout.resolve_challenger import resolve_challenger

__all__ = ["find_promoted", "look", "report", "resolve_challenger"]
