"""The pipeline on one screen: which step runs for which stage."""

from collections.abc import Awaitable, Callable, Mapping

from docuvault.db.repositories.stages import Claim, StageDocument
from docuvault.domain.documents import Stage
from docuvault.pipeline.outcome import StageOutcome
from docuvault.pipeline.parts import PipelineParts
from docuvault.pipeline.steps.classify import classify
from docuvault.pipeline.steps.embed import embed
from docuvault.pipeline.steps.extract import extract

Step = Callable[[PipelineParts, Claim, StageDocument], Awaitable[StageOutcome]]

PLAN: Mapping[Stage, Step] = {
    Stage.EXTRACT: extract,
    Stage.CLASSIFY: classify,
    Stage.EMBED: embed,
}
