"""The pipeline on one screen: which step runs for which stage, in which mode."""

from collections.abc import Awaitable, Callable, Mapping

from docuvault.db.repositories.stages import Claim, StageDocument
from docuvault.domain.documents import Stage
from docuvault.domain.modes import Mode
from docuvault.pipeline.outcome import StageOutcome
from docuvault.pipeline.parts import PipelineParts
from docuvault.pipeline.steps.classify import classify, classify_locally
from docuvault.pipeline.steps.defer import defer
from docuvault.pipeline.steps.embed import embed
from docuvault.pipeline.steps.extract import extract

Step = Callable[[PipelineParts, Claim, StageDocument], Awaitable[StageOutcome]]
Plan = Mapping[Stage, Step]

PLANS: Mapping[Mode, Plan] = {
    # Everything: topics from whoever the settings name.
    Mode.PRIMARY: {
        Stage.EXTRACT: extract,
        Stage.CLASSIFY: classify,
        Stage.EMBED: embed,
    },
    # The provider is left in peace: topics from rules and the local model.
    Mode.HEURISTIC: {
        Stage.EXTRACT: extract,
        Stage.CLASSIFY: classify_locally,
        Stage.EMBED: embed,
    },
    # Kept, read, and found by words.
    Mode.SAFE: {
        Stage.EXTRACT: extract,
        Stage.CLASSIFY: defer,
        Stage.EMBED: defer,
    },
}
