"""Routing rules: what is to happen to documents of a kind."""

from fastapi import APIRouter, Response

from docuvault.api.deps import RuleId, RulesDep, RulesReadDep, RuleTrialDep
from docuvault.api.errors import problems
from docuvault.api.presenting import present_rule, present_trial
from docuvault.api.schemas.rules import (
    ActionsIn,
    ConditionIn,
    ConditionOut,
    DryRunIn,
    DryRunOut,
    RuleIn,
    RuleList,
    RuleOrder,
    RuleOut,
)
from docuvault.documents.rules import RuleDraft, canonical
from docuvault.domain.rules import RuleActions

router = APIRouter(prefix="/api/rules", tags=["rules"])


@router.get("", operation_id="list_rules", responses=problems())
async def list_rules(rules: RulesReadDep) -> RuleList:
    """All rules in the order in which they are asked."""
    return RuleList(rules=[present_rule(kept) for kept in await rules.all()])


@router.post("", operation_id="create_rule", status_code=201, responses=problems())
async def create_rule(new: RuleIn, rules: RulesDep) -> RuleOut:
    """A new rule behind all others."""
    return present_rule(await rules.create(_draft(new)))


@router.put("/order", operation_id="order_rules", responses=problems())
async def order_rules(order: RuleOrder, rules: RulesDep) -> RuleList:
    """Ask the rules in another order."""
    return RuleList(rules=[present_rule(kept) for kept in await rules.reorder(order.ids)])


@router.post("/check", operation_id="check_condition", responses=problems())
async def check_condition(written: ConditionIn) -> ConditionOut:
    """Whether a condition can be understood."""
    return ConditionOut(condition=canonical(written.condition))


@router.post("/dry-run", operation_id="dry_run_rule", responses=problems(404))
async def dry_run_rule(wanted: DryRunIn, trial: RuleTrialDep) -> DryRunOut:
    """Try a rule on the newest documents; nothing is changed."""
    if wanted.rule_id is not None:
        return present_trial(await trial.of_kept(wanted.rule_id))
    actions = _actions(wanted.actions or ActionsIn())
    return present_trial(await trial.of_draft(wanted.condition or "", actions))


@router.get("/{rule_id}", operation_id="get_rule", responses=problems(404))
async def get_rule(rule_id: RuleId, rules: RulesReadDep) -> RuleOut:
    """One rule."""
    return present_rule(await rules.get(rule_id))


@router.put("/{rule_id}", operation_id="update_rule", responses=problems(404))
async def update_rule(rule_id: RuleId, changed: RuleIn, rules: RulesDep) -> RuleOut:
    """Put this in place of what the rule says."""
    return present_rule(await rules.change(rule_id, _draft(changed)))


@router.delete("/{rule_id}", operation_id="delete_rule", status_code=204, responses=problems(404))
async def delete_rule(rule_id: RuleId, rules: RulesDep) -> Response:
    """Remove the rule; what it did to documents stays."""
    await rules.delete(rule_id)
    return Response(status_code=204)


def _draft(body: RuleIn) -> RuleDraft:
    return RuleDraft(body.name, body.condition, _actions(body.actions), body.enabled)


def _actions(body: ActionsIn) -> RuleActions:
    return RuleActions(tuple(dict.fromkeys(body.topic_ids)), body.title, body.needs_review)
