"""Which AI provider is asked: read, change, give back to the environment, try out."""

from fastapi import APIRouter, Request

from docuvault.ai.choice import ProviderChoice, environment_address, shown_address
from docuvault.ai.prompts import ROLE
from docuvault.api.admin import AdminDep
from docuvault.api.deps import ResourcesDep
from docuvault.api.errors import problems
from docuvault.api.schemas.ai import AIDefaults, AISettingsIn, AISettingsOut, AISource, AITrialOut
from docuvault.config.settings import AISettings
from docuvault.documents.ai_choice import AIDraft

router = APIRouter(prefix="/api/ai", tags=["ai"])


@router.get("/settings", operation_id="get_ai_settings", responses=problems(401, 429))
async def get_ai_settings(_: AdminDep, resources: ResourcesDep) -> AISettingsOut:
    """The choice that stands, without its key."""
    return _present(await resources.ai_choices.in_force(), resources.settings.ai)


@router.put("/settings", operation_id="put_ai_settings", responses=problems(401, 429))
async def put_ai_settings(new: AISettingsIn, _: AdminDep, resources: ResourcesDep) -> AISettingsOut:
    """Store a choice above the environment's; all processes follow within seconds."""
    choice = await resources.ai_choices.write(_draft(new))
    resources.classifier.look_again()
    await resources.fallback.circuit.reset()
    return _present(choice, resources.settings.ai)


@router.delete("/settings", operation_id="reset_ai_settings", responses=problems(401, 429))
async def reset_ai_settings(_: AdminDep, resources: ResourcesDep) -> AISettingsOut:
    """Forget the stored choice with its key; the environment's settings stand again."""
    choice = await resources.ai_choices.reset()
    resources.classifier.look_again()
    await resources.fallback.circuit.reset()
    return _present(choice, resources.settings.ai)


@router.post("/test", operation_id="test_ai_settings", responses=problems(401, 429))
async def try_ai_settings(
    request: Request,
    _: AdminDep,
    resources: ResourcesDep,
    draft: AISettingsIn | None = None,
) -> AITrialOut:
    """Show a made-up document to the provider of the body, or to the one that stands."""
    await resources.trial_limit.spend(request.client.host if request.client else "unknown")
    trial = await resources.ai_choices.try_out(None if draft is None else _draft(draft))
    return AITrialOut.model_validate(trial)


def _draft(new: AISettingsIn) -> AIDraft:
    return AIDraft(
        provider=new.provider,
        model=new.model,
        base_url=new.base_url,
        system_prompt=new.system_prompt,
        max_characters=new.max_characters,
        api_key=new.api_key,
        keep_key="api_key" not in new.model_fields_set,
    )


def _present(choice: ProviderChoice, settings: AISettings) -> AISettingsOut:
    return AISettingsOut(
        source=AISource.STORED if choice.is_stored else AISource.ENVIRONMENT,
        provider=choice.provider,
        model=choice.model,
        base_url=shown_address(choice.base_url),
        host=choice.host,
        system_prompt=choice.system_prompt,
        max_characters=choice.max_characters,
        has_key=choice.api_key is not None,
        key_source=choice.key_source,
        in_force=choice.problem is None,
        problem=choice.problem,
        text_leaves_the_vault=choice.text_leaves_the_vault,
        defaults=AIDefaults(
            anthropic_base_url=environment_address(settings, "anthropic"),
            openai_base_url=shown_address(environment_address(settings, "openai")),
            ollama_base_url=shown_address(environment_address(settings, "ollama")),
            system_prompt=ROLE,
        ),
    )
