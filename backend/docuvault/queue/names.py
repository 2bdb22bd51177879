"""Names of queues and tasks, shared by whoever sends and whoever works."""

from docuvault.domain.documents import Stage

DOCUMENTS_QUEUE = "documents"
# Apart from the documents, so that no backlog of theirs holds up what wakes and tidies.
MAINTENANCE_QUEUE = "maintenance"
STAGE_TASKS = {stage: f"docuvault.{stage.value}" for stage in Stage}
PURGE_TASK = "docuvault.purge"
CANARY_TASK = "docuvault.canary"
SWEEP_TASK = "docuvault.sweep"
CHECK_INDEX_TASK = "docuvault.check_index"
DECIDE_MODE_TASK = "docuvault.decide_mode"
