"""Guided workshops from what is stored to what goes over the wire."""

from collections.abc import Mapping
from typing import Any, cast

from atelier.accounts import profiles
from atelier.accounts import shapes as account_shapes
from atelier.guided import definitions, items, outputs, schemas
from atelier.guided.access import Role
from atelier.guided.steps import State
from atelier.table import Item, Key


def guided(stored: items.Guided, role: Role | None) -> schemas.GuidedWorkshop:
    """A guided workshop as somebody of this role sees it."""
    return schemas.GuidedWorkshop(
        id=stored.id,
        title=stored.title,
        status=cast("schemas.GuidedStatus", stored.status),
        visibility=cast("schemas.Visibility", stored.visibility),
        mode=cast("schemas.Mode", stored.mode),
        org_id=stored.org_id,
        template_id=stored.template_id,
        created_by=stored.created_by,
        definitions_version=int(stored.definitions_version),
        created_at=stored.created_at,
        updated_at=stored.updated_at,
        my=schemas.MyRole(role=role),
    )


def definition_list(found: definitions.Definitions) -> schemas.StepDefinitionList:
    """The definitions of the steps."""
    shown = [
        schemas.StepDefinition(
            id=step.id,
            order=step.order,
            name=step.name,
            description=step.description,
            prompt_template=step.prompt_template,
        )
        for step in found.steps
    ]
    return schemas.StepDefinitionList(items=shown, version=found.version)


def member(stored: items.Member, people: Mapping[Key, Item]) -> schemas.GuidedMember:
    """A member, with their profile among what was read."""
    return schemas.GuidedMember(
        user=account_shapes.user_card(profiles.known(stored.user_id, people)),
        role=cast("Role", stored.role),
        since=stored.since,
    )


def step(state: State) -> schemas.GuidedStep:
    """A step with its output."""
    return schemas.GuidedStep(**_told(state))


def step_list(states: list[State]) -> schemas.GuidedStepList:
    """The steps with their outputs."""
    return schemas.GuidedStepList(items=[step(state) for state in states])


def _told(state: State) -> dict[str, Any]:
    stored = state.step
    return {
        "step_id": stored.step_id,
        "order": stored.order,
        "status": stored.status,
        "stale": bool(stored.stale),
        "output": outputs.value_of(state.text),
        "started_at": stored.started_at,
        "completed_at": stored.completed_at,
        "updated_at": stored.updated_at,
        "version": int(stored.version),
        "revision": int(stored.revision),
    }


def session(stored: items.Session) -> schemas.GuidedSession:
    """A session."""
    return schemas.GuidedSession(
        id=stored.id,
        workshop_id=stored.workshop_id,
        started_by=stored.started_by,
        started_at=stored.started_at,
        ended_at=stored.ended_at,
    )


def share_link(stored: items.ShareLink) -> schemas.ShareLinkItem:
    """A share link without its token."""
    return schemas.ShareLinkItem(**_told_link(stored))


def new_share_link(stored: items.ShareLink, token: str, url: str) -> schemas.NewShareLink:
    """A share link as its maker sees it, once."""
    return schemas.NewShareLink(**_told_link(stored), token=token, url=url)


def _told_link(stored: items.ShareLink) -> dict[str, Any]:
    return {
        "id": stored.id,
        "scope": sorted(stored.scope, reverse=True),
        "expires_at": stored.ends_at,
        "revoked": stored.revoked_at is not None,
        "access_count": int(stored.access_count),
        "created_by": stored.created_by,
        "created_at": stored.created_at,
    }


def shared_step(state: State, name: str) -> schemas.SharedStep:
    """A step as a share link shows it."""
    told = _told(state)
    return schemas.SharedStep(
        name=name, **{field: told[field] for field in schemas.SharedStep.model_fields if field in told}
    )


def shared_pack(stored: items.BuildPack, url: str | None = None) -> schemas.SharedPack:
    """A build pack as a share link shows it."""
    return schemas.SharedPack(
        id=stored.id,
        title=stored.title,
        format_type=stored.format_type,
        sha256=stored.sha256,
        url=url,
        created_at=stored.created_at,
    )
