"""A stage that waits for better times: the document is kept, read and found by its words."""

from docuvault.db.repositories.stages import Claim, StageDocument
from docuvault.domain.errors import ErrorCode
from docuvault.domain.modes import Mode
from docuvault.pipeline.outcome import StageOutcome
from docuvault.pipeline.parts import PipelineParts


async def defer(parts: PipelineParts, claim: Claim, document: StageDocument) -> StageOutcome:
    """Nothing now; completed when the mode is better."""
    return StageOutcome(skipped=ErrorCode.DEFERRED, mode=Mode.SAFE)
