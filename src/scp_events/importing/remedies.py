"""Remedies in the words of sheets: what a command is called here, and which column says a field."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scp_events.importing.sheets import DERIVED
from scp_events.vocabulary import command_name

_WORD = re.compile(r"`([a-z0-9_.-]+)`")
_MILESTONES = {
    "agree-boundaries": "boundaries-agreed",
    "decline-boundaries": "boundaries-declined",
    "record-story": "story-told",
    "confirm-story": "story-confirmed",
    "record-choice": "choice",
    "pause": "paused",
    "resume": "resumed",
    "exit": "exited",
    "re-engage": "re-engaged",
}
_PLANS = {
    "start-irp-draft": "draft",
    "identify-need": "need",
    "add-goal": "goal",
    "add-step": "step",
    "propose-irp": "proposed",
    "agree-to-irp": "agreed",
    "decline-irp": "declined",
    "approve-irp": "approved",
    "start-irp": "started",
}
_REVIEWS = {
    "record-goal-progress": "progress",
    "change-step-status": "step-status",
    "achieve-goal": "goal-achieved",
    "start-irp-review": "review-started",
    "conclude-irp-review": "reviewed",
    "close-irp": "closed",
}
_ANSWERS = {
    "accept-referral": "accepted",
    "decline-referral": "declined",
    "redirect-referral": "redirected",
    "waitlist-referral": "waitlisted",
    "withdraw-referral": "withdrawn",
}
_EVENTS = {
    command_name(form.command): f"a row `{event}` in {sheet.NAME}"
    for sheet in DERIVED
    for event, form in sheet.FORMS.items()
}
ROWS: Mapping[str, str] = {
    **_EVENTS,
    **{command: f"a row `{kind}` in milestones" for command, kind in _MILESTONES.items()},
    **{command: f"a row `{kind}` in plans" for command, kind in _PLANS.items()},
    **{command: f"a row `{kind}` in reviews" for command, kind in _REVIEWS.items()},
    **{command: f"a row `{answer}` in referral-decisions" for command, answer in _ANSWERS.items()},
    "submit-referral": "a row in referrals",
    "acknowledge-referral": "`received_on` in referrals",
    "determine-eligibility": "`eligible` in referral-decisions",
    "assess-suitability": "`suitability` in referral-decisions",
    "register": "a row in people",
    "draft-referral": "a row in referrals",
    "assign-key-worker": "a row `assigned` in key-workers",
    "hand-over": "a row `handed-over` in key-workers",
    "record-contact": "a row in contacts",
    "complete-assessment": "a row in assessments",
    "give-consent": "a row `given` in consents",
    "withdraw-consent": "a row `withdrawn` in consents",
    "correct": "a correction row, which names this one in `corrects`",
    "retract": "a correction row, which names it in `corrects`",
}
"""By command, the row that stands for it."""
COLUMNS: Mapping[str, str] = {
    "occurred_at": "`happened_on`",
    "held_minutes": "`minutes`",
    "exit_plan": "`words`",
    "exit_plan_waived_because": "`no_exit_plan_because`",
    "next_review_on": "`next_review_on` or `due_on`",
    "target_date": "`due_on`",
}
"""By field, the column that says it, where its name is another one."""


def in_words_of_sheets(remedy: str) -> str:
    """Return a remedy with rows for commands and columns for fields; what is neither stays as it is."""
    return _WORD.sub(lambda word: ROWS.get(word[1]) or COLUMNS.get(word[1]) or word[0], remedy)
