"""Who may do what, written out: every role, every command, everything that can be read, every purpose.

These tables are written by hand and say what is meant, whatever the policy says. A command is allowed (`x`)
for the purposes of work and for no other. A correction stands with the command it says `instead`; `correct`
alone is what is asked before anybody has looked into it.
"""

from __future__ import annotations

from scp_events.access import Purpose
from scp_events.vocabulary import Role

ROLES = {
    "kw": Role.KEY_WORKER,
    "cm": Role.CASE_MANAGER,
    "sv": Role.SUPERVISOR,
    "re": Role.REFERRER,
    "po": Role.POLICE_OFFICER,
    "co": Role.COURT_OFFICER,
    "mi": Role.MINISTRY_OFFICER,
    "dc": Role.DATA_CLERK,
    "in": Role.INTEGRATOR,
    "se": Role.SERVICE,
    "au": Role.AUDITOR,
    "rp": Role.REPORTING,
}
ACTIVATION_WORKERS = frozenset(
    f"support {what}{command}"
    for what in ("", "correct ")
    for command in (
        "request-support",
        "record-support-action",
        "record-court-accompaniment",
        "record-crisis-intervention",
        "record-debt-position",
        "record-employment-status",
        "record-housing-status",
        "record-support-outcome",
    )
) | {"support correct"}
"""What activation workers may send. They may read support for the purposes of work, and nothing else."""
PURPOSES = {
    "c": Purpose.CASEWORK,
    "r": Purpose.REFERRAL,
    "v": Purpose.SUPERVISION,
    "g": Purpose.SAFEGUARDING,
    "h": Purpose.COURT_HEARING,
    "t": Purpose.SUBJECT_ACCESS,
    "a": Purpose.AUDIT,
    "o": Purpose.REPORTING,
    "x": Purpose.ADULT_PROCEEDINGS,
    "i": Purpose.IMPORT,
}
FOR_COMMANDS = "crvght"
"""The purposes for which commands are sent."""

COMMANDS = """
                                           kw cm sv re po co mi dc in se au rp
jurisdiction define-jurisdiction            .  x  x  .  .  .  .  .  .  .  .  .
jurisdiction change-profile                 .  x  x  .  .  .  .  .  .  .  .  .
jurisdiction adopt-policy                   .  x  x  .  .  .  .  .  .  .  .  .
organisation register-organisation          .  x  x  .  .  .  .  .  .  .  .  .
organisation change-services                .  x  x  .  .  .  .  .  .  .  .  .
organisation add-member                     .  x  x  .  .  .  .  .  .  .  .  .
organisation remove-member                  .  x  x  .  .  .  .  .  .  .  .  .
organisation close-organisation             .  x  x  .  .  .  .  .  .  .  .  .
organisation correct register-organisation  .  x  x  .  .  .  .  .  .  .  .  .
organisation correct change-services        .  x  x  .  .  .  .  .  .  .  .  .
organisation correct add-member             .  x  x  .  .  .  .  .  .  .  .  .
organisation correct remove-member          .  x  x  .  .  .  .  .  .  .  .  .
organisation correct close-organisation     .  x  x  .  .  .  .  .  .  .  .  .
organisation correct                        .  x  x  .  .  .  .  .  .  .  .  .
organisation retract                        .  x  x  .  .  .  .  .  .  .  .  .
agreement sign-agreement                    .  x  x  .  .  .  .  .  .  .  .  .
agreement amend-agreement                   .  x  x  .  .  .  .  .  .  .  .  .
agreement suspend-agreement                 .  x  x  .  .  .  .  .  .  .  .  .
agreement resume-agreement                  .  x  x  .  .  .  .  .  .  .  .  .
agreement end-agreement                     .  x  x  .  .  .  .  .  .  .  .  .
agreement record-contribution               .  x  x  .  .  .  .  .  .  .  .  .
agreement record-funding-source             .  x  x  .  .  .  .  .  .  .  .  .
agreement correct sign-agreement            .  x  x  .  .  .  .  .  .  .  .  .
agreement correct amend-agreement           .  x  x  .  .  .  .  .  .  .  .  .
agreement correct suspend-agreement         .  x  x  .  .  .  .  .  .  .  .  .
agreement correct resume-agreement          .  x  x  .  .  .  .  .  .  .  .  .
agreement correct end-agreement             .  x  x  .  .  .  .  .  .  .  .  .
agreement correct record-contribution       .  x  x  .  .  .  .  .  .  .  .  .
agreement correct record-funding-source     .  x  x  .  .  .  .  .  .  .  .  .
agreement correct                           .  x  x  .  .  .  .  .  .  .  .  .
agreement retract                           .  x  x  .  .  .  .  .  .  .  .  .
programme define-programme                  .  x  x  .  .  .  .  .  .  .  .  .
programme revise-programme                  .  x  x  .  .  .  .  .  .  .  .  .
programme retire-programme                  .  x  x  .  .  .  .  .  .  .  .  .
programme correct define-programme          .  x  x  .  .  .  .  .  .  .  .  .
programme correct revise-programme          .  x  x  .  .  .  .  .  .  .  .  .
programme correct retire-programme          .  x  x  .  .  .  .  .  .  .  .  .
programme correct                           .  x  x  .  .  .  .  .  .  .  .  .
programme retract                           .  x  x  .  .  .  .  .  .  .  .  .
practitioner register-candidate            .  x  x  .  .  .  .  .  .  .  .  .
practitioner complete-module               x  x  x  .  .  .  .  .  .  .  .  .
practitioner log-practice                  x  x  x  .  .  .  .  .  .  .  .  .
practitioner verify-practice               .  x  x  .  .  .  .  .  .  .  .  .
practitioner sit-exam                      .  x  x  .  .  .  .  .  .  .  .  .
practitioner pass-exam                     .  x  x  .  .  .  .  .  .  .  .  .
practitioner fail-exam                     .  x  x  .  .  .  .  .  .  .  .  .
practitioner award-credential              .  x  x  .  .  .  .  .  .  .  .  .
practitioner renew-credential              .  x  x  .  .  .  .  .  .  .  .  .
practitioner suspend-credential            .  x  x  .  .  .  .  .  .  .  .  .
practitioner reinstate-credential          .  x  x  .  .  .  .  .  .  .  .  .
practitioner revoke-credential             .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct register-candidate    .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct complete-module       x  x  x  .  .  .  .  .  .  .  .  .
practitioner correct log-practice          x  x  x  .  .  .  .  .  .  .  .  .
practitioner correct verify-practice       .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct sit-exam              .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct pass-exam             .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct fail-exam             .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct award-credential      .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct renew-credential      .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct suspend-credential    .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct reinstate-credential  .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct revoke-credential     .  x  x  .  .  .  .  .  .  .  .  .
practitioner correct                       x  x  x  .  .  .  .  .  .  .  .  .
practitioner retract                       .  x  x  .  .  .  .  .  .  .  .  .
session schedule-session                    x  x  x  .  .  .  .  x  x  .  .  .
session reschedule-session                  x  x  x  .  .  .  .  x  x  .  .  .
session cancel-session                      x  x  x  .  .  .  .  x  x  .  .  .
session record-session-held                 x  x  x  .  .  .  .  x  x  .  .  .
session record-session-cost                 x  x  x  .  .  .  .  x  x  .  .  .
session correct schedule-session            x  x  x  .  .  .  .  x  x  .  .  .
session correct reschedule-session          x  x  x  .  .  .  .  x  x  .  .  .
session correct cancel-session              x  x  x  .  .  .  .  x  x  .  .  .
session correct record-session-held         x  x  x  .  .  .  .  x  x  .  .  .
session correct record-session-cost         x  x  x  .  .  .  .  x  x  .  .  .
session correct                             x  x  x  .  .  .  .  x  x  .  .  .
session retract                             .  x  x  .  .  .  .  .  .  .  .  .
mentor apply-as-mentor                     x  x  x  .  .  .  .  x  x  .  .  .
mentor change-mentor-offer                 x  x  x  .  .  .  .  x  x  .  .  .
mentor begin-mentor-screening              x  x  x  .  .  .  .  .  .  .  .  .
mentor record-background-check             .  x  x  .  .  .  .  .  .  .  .  .
mentor record-mentor-training              x  x  x  .  .  .  .  x  x  .  .  .
mentor approve-mentor                      .  x  x  .  .  .  .  .  .  .  .  .
mentor record-mentor-supervision           x  x  x  .  .  .  .  x  x  .  .  .
mentor change-mentor-capacity              x  x  x  .  .  .  .  x  x  .  .  .
mentor suspend-mentor                      x  x  x  .  .  .  .  .  .  .  .  .
mentor reinstate-mentor                    .  x  x  .  .  .  .  .  .  .  .  .
mentor exit-mentor                         .  x  x  .  .  .  .  .  .  .  .  .
mentor correct apply-as-mentor             x  x  x  .  .  .  .  x  x  .  .  .
mentor correct change-mentor-offer         x  x  x  .  .  .  .  x  x  .  .  .
mentor correct begin-mentor-screening      x  x  x  .  .  .  .  .  .  .  .  .
mentor correct record-background-check     .  x  x  .  .  .  .  .  .  .  .  .
mentor correct record-mentor-training      x  x  x  .  .  .  .  x  x  .  .  .
mentor correct approve-mentor              .  x  x  .  .  .  .  .  .  .  .  .
mentor correct record-mentor-supervision   x  x  x  .  .  .  .  x  x  .  .  .
mentor correct change-mentor-capacity      x  x  x  .  .  .  .  x  x  .  .  .
mentor correct suspend-mentor              x  x  x  .  .  .  .  .  .  .  .  .
mentor correct reinstate-mentor            .  x  x  .  .  .  .  .  .  .  .  .
mentor correct exit-mentor                 .  x  x  .  .  .  .  .  .  .  .  .
mentor correct                             x  x  x  .  .  .  .  x  x  .  .  .
mentor retract                             .  x  x  .  .  .  .  .  .  .  .  .
referral draft-referral                     .  x  x  x  x  x  x  x  x  .  .  .
referral submit-referral                    .  x  x  x  x  x  x  .  .  .  .  .
referral acknowledge-referral               .  x  x  .  .  .  .  .  .  .  .  .
referral request-information                .  x  x  .  .  .  .  .  .  .  .  .
referral provide-information                .  x  x  x  x  x  x  x  x  .  .  .
referral determine-eligibility              .  x  x  .  .  .  .  .  .  .  .  .
referral assess-suitability                 .  x  x  .  .  .  .  .  .  .  .  .
referral accept-referral                    .  x  x  .  .  .  .  .  .  .  .  .
referral decline-referral                   .  x  x  .  .  .  .  .  .  .  .  .
referral redirect-referral                  .  x  x  .  .  .  .  .  .  .  .  .
referral waitlist-referral                  .  x  x  .  .  .  .  .  .  .  .  .
referral withdraw-referral                  .  x  x  x  x  x  x  .  .  .  .  .
referral link-to-enrolment                  .  x  x  .  .  .  .  .  x  x  .  .
referral close-referral                     .  x  x  .  .  .  .  .  .  .  .  .
referral correct draft-referral             .  x  x  x  x  x  x  x  x  .  .  .
referral correct submit-referral            .  x  x  x  x  x  x  .  .  .  .  .
referral correct acknowledge-referral       .  x  x  .  .  .  .  .  .  .  .  .
referral correct request-information        .  x  x  .  .  .  .  .  .  .  .  .
referral correct provide-information        .  x  x  x  x  x  x  x  x  .  .  .
referral correct determine-eligibility      .  x  x  .  .  .  .  .  .  .  .  .
referral correct assess-suitability         .  x  x  .  .  .  .  .  .  .  .  .
referral correct accept-referral            .  x  x  .  .  .  .  .  .  .  .  .
referral correct decline-referral           .  x  x  .  .  .  .  .  .  .  .  .
referral correct redirect-referral          .  x  x  .  .  .  .  .  .  .  .  .
referral correct waitlist-referral          .  x  x  .  .  .  .  .  .  .  .  .
referral correct withdraw-referral          .  x  x  x  x  x  x  .  .  .  .  .
referral correct link-to-enrolment          .  x  x  .  .  .  .  .  x  x  .  .
referral correct close-referral             .  x  x  .  .  .  .  .  .  .  .  .
referral correct                            .  x  x  x  x  x  x  x  x  x  .  .
referral retract                            .  x  x  .  .  .  .  .  .  .  .  .
participant register                        x  x  x  .  .  .  .  .  .  .  .  .
participant record-death                    .  x  x  .  .  .  .  .  .  .  .  .
participant propose-identity-link           .  x  x  .  .  .  .  .  .  .  .  .
participant confirm-identity-link           .  x  x  .  .  .  .  .  .  .  .  .
participant propose-identity-unlink         .  x  x  .  .  .  .  .  .  .  .  .
participant confirm-identity-unlink         .  x  x  .  .  .  .  .  .  .  .  .
participant correct register                x  x  x  .  .  .  .  .  .  .  .  .
participant correct record-death            .  x  x  .  .  .  .  .  .  .  .  .
participant correct                         x  x  x  .  .  .  .  .  .  .  .  .
participant retract                         .  x  x  .  .  .  .  .  .  .  .  .
engagement agree-boundaries                 x  x  x  .  .  .  .  .  .  .  .  .
engagement decline-boundaries               x  x  x  .  .  .  .  .  .  .  .  .
engagement record-contact                   x  x  x  .  .  .  .  x  x  .  .  .
engagement record-story                     x  x  x  .  .  .  .  .  .  .  .  .
engagement confirm-story                    x  x  x  .  .  .  .  .  .  .  .  .
engagement record-choice                    x  x  x  .  .  .  .  .  .  .  .  .
engagement assign-key-worker                .  x  x  .  .  .  .  .  .  .  .  .
engagement hand-over                        .  x  x  .  .  .  .  .  .  .  .  .
engagement pause                            x  x  x  .  .  .  .  .  .  .  .  .
engagement resume                           x  x  x  .  .  .  .  .  .  .  .  .
engagement exit                             x  x  x  .  .  .  .  .  .  .  .  .
engagement re-engage                        x  x  x  .  .  .  .  .  .  .  .  .
engagement correct agree-boundaries         x  x  x  .  .  .  .  .  .  .  .  .
engagement correct decline-boundaries       x  x  x  .  .  .  .  .  .  .  .  .
engagement correct record-contact           x  x  x  .  .  .  .  x  x  .  .  .
engagement correct record-story             x  x  x  .  .  .  .  .  .  .  .  .
engagement correct confirm-story            x  x  x  .  .  .  .  .  .  .  .  .
engagement correct record-choice            x  x  x  .  .  .  .  .  .  .  .  .
engagement correct assign-key-worker        .  x  x  .  .  .  .  .  .  .  .  .
engagement correct hand-over                .  x  x  .  .  .  .  .  .  .  .  .
engagement correct pause                    x  x  x  .  .  .  .  .  .  .  .  .
engagement correct resume                   x  x  x  .  .  .  .  .  .  .  .  .
engagement correct exit                     x  x  x  .  .  .  .  .  .  .  .  .
engagement correct re-engage                x  x  x  .  .  .  .  .  .  .  .  .
engagement correct                          x  x  x  .  .  .  .  x  x  .  .  .
engagement retract                          .  x  x  .  .  .  .  .  .  .  .  .
consent give-consent                        x  x  x  .  .  .  .  x  x  .  .  .
consent withdraw-consent                    x  x  x  .  .  .  .  x  x  .  .  .
consent correct give-consent                x  x  x  .  .  .  .  x  x  .  .  .
consent correct withdraw-consent            x  x  x  .  .  .  .  x  x  .  .  .
consent correct                             x  x  x  .  .  .  .  x  x  .  .  .
consent retract                             .  x  x  .  .  .  .  .  .  .  .  .
concern raise-concern                       x  x  x  .  .  .  .  .  .  .  .  .
concern escalate-concern                    x  x  x  .  .  .  .  .  .  .  .  .
concern close-concern                       x  x  x  .  .  .  .  .  .  .  .  .
concern correct raise-concern               x  x  x  .  .  .  .  .  .  .  .  .
concern correct escalate-concern            x  x  x  .  .  .  .  .  .  .  .  .
concern correct close-concern               x  x  x  .  .  .  .  .  .  .  .  .
concern correct                             x  x  x  .  .  .  .  .  .  .  .  .
concern retract                             .  x  x  .  .  .  .  .  .  .  .  .
assessment complete-assessment              x  x  x  .  .  .  .  .  .  .  .  .
assessment override-risk-level              x  x  x  .  .  .  .  .  .  .  .  .
assessment withdraw-override                x  x  x  .  .  .  .  .  .  .  .  .
assessment correct complete-assessment      x  x  x  .  .  .  .  .  .  .  .  .
assessment correct override-risk-level      x  x  x  .  .  .  .  .  .  .  .  .
assessment correct withdraw-override        x  x  x  .  .  .  .  .  .  .  .  .
assessment correct                          x  x  x  .  .  .  .  .  .  .  .  .
assessment retract                          .  x  x  .  .  .  .  .  .  .  .  .
irp start-irp-draft                         x  x  x  .  .  .  .  .  .  .  .  .
irp identify-need                           x  x  x  .  .  .  .  .  .  .  .  .
irp add-goal                                x  x  x  .  .  .  .  .  .  .  .  .
irp remove-goal                             x  x  x  .  .  .  .  .  .  .  .  .
irp add-step                                x  x  x  .  .  .  .  .  .  .  .  .
irp change-step-status                      x  x  x  .  .  .  .  .  .  .  .  .
irp propose-irp                             x  x  x  .  .  .  .  .  .  .  .  .
irp agree-to-irp                            x  x  x  .  .  .  .  .  .  .  .  .
irp decline-irp                             x  x  x  .  .  .  .  .  .  .  .  .
irp approve-irp                             .  x  x  .  .  .  .  .  .  .  .  .
irp start-irp                               x  x  x  .  .  .  .  .  .  .  .  .
irp record-goal-progress                    x  x  x  .  .  .  .  .  .  .  .  .
irp achieve-goal                            x  x  x  .  .  .  .  .  .  .  .  .
irp start-irp-review                        x  x  x  .  .  .  .  .  .  .  .  .
irp conclude-irp-review                     x  x  x  .  .  .  .  .  .  .  .  .
irp close-irp                               x  x  x  .  .  .  .  .  .  .  .  .
irp correct start-irp-draft                 x  x  x  .  .  .  .  .  .  .  .  .
irp correct identify-need                   x  x  x  .  .  .  .  .  .  .  .  .
irp correct add-goal                        x  x  x  .  .  .  .  .  .  .  .  .
irp correct remove-goal                     x  x  x  .  .  .  .  .  .  .  .  .
irp correct add-step                        x  x  x  .  .  .  .  .  .  .  .  .
irp correct change-step-status              x  x  x  .  .  .  .  .  .  .  .  .
irp correct propose-irp                     x  x  x  .  .  .  .  .  .  .  .  .
irp correct agree-to-irp                    x  x  x  .  .  .  .  .  .  .  .  .
irp correct decline-irp                     x  x  x  .  .  .  .  .  .  .  .  .
irp correct approve-irp                     .  x  x  .  .  .  .  .  .  .  .  .
irp correct start-irp                       x  x  x  .  .  .  .  .  .  .  .  .
irp correct record-goal-progress            x  x  x  .  .  .  .  .  .  .  .  .
irp correct achieve-goal                    x  x  x  .  .  .  .  .  .  .  .  .
irp correct start-irp-review                x  x  x  .  .  .  .  .  .  .  .  .
irp correct conclude-irp-review             x  x  x  .  .  .  .  .  .  .  .  .
irp correct close-irp                       x  x  x  .  .  .  .  .  .  .  .  .
irp correct                                 x  x  x  .  .  .  .  .  .  .  .  .
irp retract                                 .  x  x  .  .  .  .  .  .  .  .  .
support request-support                     x  x  x  .  .  .  .  x  x  .  .  .
support open-support                        x  x  x  .  .  .  .  .  .  .  .  .
support record-support-action               x  x  x  .  .  .  .  x  x  .  .  .
support record-court-accompaniment          x  x  x  .  .  .  .  x  x  .  .  .
support record-crisis-intervention          x  x  x  .  .  .  .  x  x  .  .  .
support record-debt-position                x  x  x  .  .  .  .  x  x  .  .  .
support record-employment-status            x  x  x  .  .  .  .  x  x  .  .  .
support record-housing-status               x  x  x  .  .  .  .  x  x  .  .  .
support record-support-outcome              x  x  x  .  .  .  .  x  x  .  .  .
support close-support                       x  x  x  .  .  .  .  .  .  .  .  .
support reopen-support                      x  x  x  .  .  .  .  .  .  .  .  .
support correct request-support             x  x  x  .  .  .  .  x  x  .  .  .
support correct open-support                x  x  x  .  .  .  .  .  .  .  .  .
support correct record-support-action       x  x  x  .  .  .  .  x  x  .  .  .
support correct record-court-accompaniment  x  x  x  .  .  .  .  x  x  .  .  .
support correct record-crisis-intervention  x  x  x  .  .  .  .  x  x  .  .  .
support correct record-debt-position        x  x  x  .  .  .  .  x  x  .  .  .
support correct record-employment-status    x  x  x  .  .  .  .  x  x  .  .  .
support correct record-housing-status       x  x  x  .  .  .  .  x  x  .  .  .
support correct record-support-outcome      x  x  x  .  .  .  .  x  x  .  .  .
support correct close-support               x  x  x  .  .  .  .  .  .  .  .  .
support correct reopen-support              x  x  x  .  .  .  .  .  .  .  .  .
support correct                             x  x  x  .  .  .  .  x  x  .  .  .
support retract                             .  x  x  .  .  .  .  .  .  .  .  .
offence record-allegation                  x  x  x  .  .  .  .  x  x  .  .  .
offence record-charge                      x  x  x  .  .  .  .  x  x  .  .  .
offence establish-proof                    .  x  x  .  .  .  .  .  .  .  .  .
offence record-not-proven                  x  x  x  .  .  .  .  x  x  .  .  .
offence withdraw-allegation                x  x  x  .  .  .  .  x  x  .  .  .
offence quash-conviction                   .  x  x  .  .  .  .  .  .  .  .  .
offence correct record-allegation          x  x  x  .  .  .  .  x  x  .  .  .
offence correct record-charge              x  x  x  .  .  .  .  x  x  .  .  .
offence correct establish-proof            .  x  x  .  .  .  .  .  .  .  .  .
offence correct record-not-proven          x  x  x  .  .  .  .  x  x  .  .  .
offence correct withdraw-allegation        x  x  x  .  .  .  .  x  x  .  .  .
offence correct quash-conviction           .  x  x  .  .  .  .  .  .  .  .  .
offence correct                            x  x  x  .  .  .  .  x  x  .  .  .
offence retract                            .  x  x  .  .  .  .  .  .  .  .  .
sanction record-sanction                   x  x  x  .  .  .  .  x  x  .  .  .
sanction start-serving                     x  x  x  .  .  .  .  x  x  .  .  .
sanction discharge-sanction                .  x  x  .  .  .  .  .  .  .  .  .
sanction revoke-sanction                   .  x  x  .  .  .  .  .  .  .  .  .
sanction correct record-sanction           x  x  x  .  .  .  .  x  x  .  .  .
sanction correct start-serving             x  x  x  .  .  .  .  x  x  .  .  .
sanction correct discharge-sanction        .  x  x  .  .  .  .  .  .  .  .  .
sanction correct revoke-sanction           .  x  x  .  .  .  .  .  .  .  .  .
sanction correct                           x  x  x  .  .  .  .  x  x  .  .  .
sanction retract                           .  x  x  .  .  .  .  .  .  .  .  .
observation start-custody                  x  x  x  .  .  .  .  x  x  .  .  .
observation end-custody                    x  x  x  .  .  .  .  x  x  .  .  .
observation change-residence               x  x  x  .  .  .  .  x  x  .  .  .
observation correct start-custody          x  x  x  .  .  .  .  x  x  .  .  .
observation correct end-custody            x  x  x  .  .  .  .  x  x  .  .  .
observation correct change-residence       x  x  x  .  .  .  .  x  x  .  .  .
observation correct                        x  x  x  .  .  .  .  x  x  .  .  .
observation retract                        .  x  x  .  .  .  .  .  .  .  .  .
enrolment offer-place                       x  x  x  .  .  .  .  x  x  .  .  .
enrolment enrol-participant                 .  x  x  .  .  .  .  .  .  .  .  .
enrolment change-variant                    .  x  x  .  .  .  .  .  .  .  .  .
enrolment enter-phase                       x  x  x  .  .  .  .  x  x  .  .  .
enrolment record-attendance                 x  x  x  .  .  .  .  x  x  .  .  .
enrolment accept-absence-reason             x  x  x  .  .  .  .  .  .  .  .  .
enrolment reject-absence-reason             x  x  x  .  .  .  .  .  .  .  .  .
enrolment credit-catch-up                   x  x  x  .  .  .  .  x  x  .  .  .
enrolment announce-requirements-met         x  x  x  .  .  .  .  x  x  .  .  .
enrolment complete-programme                .  x  x  .  .  .  .  .  .  .  .  .
enrolment override-completion               .  x  x  .  .  .  .  .  .  .  .  .
enrolment suspend-enrolment                 .  x  x  .  .  .  .  .  .  .  .  .
enrolment resume-enrolment                  .  x  x  .  .  .  .  .  .  .  .  .
enrolment record-non-compliance             x  x  x  .  .  .  .  x  x  .  .  .
enrolment initiate-breach                   .  x  x  .  .  .  .  .  .  .  .  .
enrolment end-enrolment                     .  x  x  .  .  .  .  .  .  .  .  .
enrolment continue-voluntarily              x  x  x  .  .  .  .  x  x  .  .  .
enrolment stop-continuing                   x  x  x  .  .  .  .  x  x  .  .  .
enrolment correct offer-place               x  x  x  .  .  .  .  x  x  .  .  .
enrolment correct enrol-participant         .  x  x  .  .  .  .  .  .  .  .  .
enrolment correct change-variant            .  x  x  .  .  .  .  .  .  .  .  .
enrolment correct enter-phase               x  x  x  .  .  .  .  x  x  .  .  .
enrolment correct record-attendance         x  x  x  .  .  .  .  x  x  .  .  .
enrolment correct accept-absence-reason     x  x  x  .  .  .  .  .  .  .  .  .
enrolment correct reject-absence-reason     x  x  x  .  .  .  .  .  .  .  .  .
enrolment correct credit-catch-up           x  x  x  .  .  .  .  x  x  .  .  .
enrolment correct announce-requirements-met x  x  x  .  .  .  .  x  x  .  .  .
enrolment correct complete-programme        .  x  x  .  .  .  .  .  .  .  .  .
enrolment correct override-completion       .  x  x  .  .  .  .  .  .  .  .  .
enrolment correct suspend-enrolment         .  x  x  .  .  .  .  .  .  .  .  .
enrolment correct resume-enrolment          .  x  x  .  .  .  .  .  .  .  .  .
enrolment correct record-non-compliance     x  x  x  .  .  .  .  x  x  .  .  .
enrolment correct initiate-breach           .  x  x  .  .  .  .  .  .  .  .  .
enrolment correct end-enrolment             .  x  x  .  .  .  .  .  .  .  .  .
enrolment correct continue-voluntarily      x  x  x  .  .  .  .  x  x  .  .  .
enrolment correct stop-continuing           x  x  x  .  .  .  .  x  x  .  .  .
enrolment correct                           x  x  x  .  .  .  .  x  x  .  .  .
enrolment retract                           .  x  x  .  .  .  .  .  .  .  .  .
match rank-candidates                      x  x  x  .  .  .  .  .  x  x  .  .
match propose-match                        .  x  x  .  .  .  .  .  .  .  .  .
match accept-match-as-participant          x  x  x  .  .  .  .  .  .  .  .  .
match accept-match-as-mentor               x  x  x  .  .  .  .  .  .  .  .  .
match decline-match                        x  x  x  .  .  .  .  .  .  .  .  .
match start-match                          .  x  x  .  .  .  .  .  .  .  .  .
match record-mentor-contact                x  x  x  .  .  .  .  x  x  .  .  .
match review-match                         x  x  x  .  .  .  .  .  .  .  .  .
match pause-match                          x  x  x  .  .  .  .  .  .  .  .  .
match resume-match                         .  x  x  .  .  .  .  .  .  .  .  .
match close-match                          .  x  x  .  .  .  .  .  .  .  .  .
match correct rank-candidates              x  x  x  .  .  .  .  .  x  x  .  .
match correct propose-match                .  x  x  .  .  .  .  .  .  .  .  .
match correct accept-match-as-participant  x  x  x  .  .  .  .  .  .  .  .  .
match correct accept-match-as-mentor       x  x  x  .  .  .  .  .  .  .  .  .
match correct decline-match                x  x  x  .  .  .  .  .  .  .  .  .
match correct start-match                  .  x  x  .  .  .  .  .  .  .  .  .
match correct record-mentor-contact        x  x  x  .  .  .  .  x  x  .  .  .
match correct review-match                 x  x  x  .  .  .  .  .  .  .  .  .
match correct pause-match                  x  x  x  .  .  .  .  .  .  .  .  .
match correct resume-match                 .  x  x  .  .  .  .  .  .  .  .  .
match correct close-match                  .  x  x  .  .  .  .  .  .  .  .  .
match correct                              x  x  x  .  .  .  .  x  x  x  .  .
match retract                              .  x  x  .  .  .  .  .  .  .  .  .
feedback record-satisfaction               x  x  x  .  .  .  .  x  x  .  .  .
feedback rate-relationship                 x  x  x  .  .  .  .  x  x  .  .  .
feedback give-testimony                    x  x  x  .  .  .  .  x  x  .  .  .
feedback withdraw-testimony                x  x  x  .  .  .  .  x  x  .  .  .
feedback publish-testimony                 .  x  x  .  .  .  .  .  .  .  .  .
feedback take-down-testimony               x  x  x  .  .  .  .  .  .  .  .  .
feedback correct record-satisfaction       x  x  x  .  .  .  .  x  x  .  .  .
feedback correct rate-relationship         x  x  x  .  .  .  .  x  x  .  .  .
feedback correct give-testimony            x  x  x  .  .  .  .  x  x  .  .  .
feedback correct withdraw-testimony        x  x  x  .  .  .  .  x  x  .  .  .
feedback correct                           x  x  x  .  .  .  .  x  x  .  .  .
feedback retract                           .  x  x  .  .  .  .  .  .  .  .  .
record place-legal-hold                     .  x  x  .  .  x  .  .  .  .  .  .
record release-legal-hold                   .  x  x  .  .  x  .  .  .  .  .  .
record request-erasure                      x  x  x  .  .  .  .  .  .  .  .  .
record refuse-erasure                       .  x  x  .  .  .  .  .  .  .  .  .
record approve-erasure                      .  x  x  .  .  .  .  .  .  .  .  .
record begin-erasure                        .  .  .  .  .  .  .  .  .  .  .  .
record erase-personal-data                  .  .  .  .  .  .  .  .  .  .  .  .
"""

READS = """
                  kw     cm     sv     re     po     co     mi     dc     in     se     au     rp
referral      crvght crvght crvght crvght crvght crvght crvght      .      .      .      a      .
participant   crvght crvght crvght      .      .      .      .      .      .      .      a      .
engagement    crvght crvght crvght      .      .      .      .      .      .      .      a      .
consent       crvght crvght crvght      .      .      .      .      .      .      .      a      .
concern       crvght crvght crvght      .      .      .      .      .      .      .      a      .
assessment    crvght crvght crvght      .      .      .      .      .      .      .      a      .
irp           crvght crvght crvght      .      .      .      .      .      .      .      a      .
jurisdiction  crvght crvght crvght      .      .      .      .      .      .      .      a      .
organisation  crvght crvght crvght      .      .      .      .      .      .      .      a      .
agreement     crvght crvght crvght      .      .      .      .      .      .      .      a      .
session       crvght crvght crvght      .      .      .      .      .      .      .      a      .
enrolment     crvght crvght crvght      .      .      .      .      .      .      .      a      .
programme     crvght crvght crvght      .      .      .      .      .      .      .      a      .
support       crvght crvght crvght      .      .      .      .      .      .      .      a      .
offence       crvght crvght crvght      .      .      .      .      .      .      .      a      .
sanction      crvght crvght crvght      .      .      .      .      .      .      .      a      .
observation   crvght crvght crvght      .      .      .      .      .      .      .      a      .
practitioner  crvght crvght crvght      .      .      .      .      .      .      .      a      .
mentor        crvght crvght crvght      .      .      .      .      .      .      .      a      .
match         crvght crvght crvght      .      .      .      .      .      .      .      a      .
feedback      crvght crvght crvght      .      .      .      .      .      .      .      a      .
record        crvght crvght crvght      .      . crvght      .      .      .      .      a      .
cases         crvght crvght crvght      .      .      .      .      .      .      .      a      .
history       crvght crvght crvght      .      .      .      .      .      .      .      a      .
caseload      crvght crvght crvght      .      .      .      .      .      .      .      a      .
decisions          .     vo     vo      .      .      .      .      .      .      .      a      .
outcomes           .     vo     vo      .      .      .      o      .      .      .      a      o
"""

IMPORTS = """
                  kw     cm     sv     re     po     co     mi     dc     in     se     au     rp
sheets             .      .      .      .      .      .      .      i      .      .      .      .
"""


def commands() -> dict[tuple[str, Role], set[Purpose]]:
    """Return for which purposes each role may send each command."""
    work = {PURPOSES[letter] for letter in FOR_COMMANDS}
    return {
        (row, role): work if cell == "x" else set()
        for row, cells in _rows(COMMANDS)
        for role, cell in zip(ROLES.values(), cells, strict=True)
    } | {
        (row, Role.ACTIVATION_WORKER): work if row in ACTIVATION_WORKERS else set()
        for row, _ in _rows(COMMANDS)
    }


def reads() -> dict[tuple[str, Role], set[Purpose]]:
    """Return for which purposes each role may read each kind of thing."""
    work = {PURPOSES[letter] for letter in FOR_COMMANDS}
    return _for_purposes(READS) | {
        (row, Role.ACTIVATION_WORKER): work if row == "support" else set() for row, _ in _rows(READS)
    }


def imports() -> dict[tuple[str, Role], set[Purpose]]:
    """Return for which purposes each role may import."""
    return _for_purposes(IMPORTS) | {(row, Role.ACTIVATION_WORKER): set() for row, _ in _rows(IMPORTS)}


def _for_purposes(table: str) -> dict[tuple[str, Role], set[Purpose]]:
    return {
        (row, role): {PURPOSES[letter] for letter in cell if letter != "."}
        for row, cells in _rows(table)
        for role, cell in zip(ROLES.values(), cells, strict=True)
    }


def _rows(table: str) -> list[tuple[str, list[str]]]:
    """Return each row of a table: what it is about, and one cell a role."""
    head, *lines = (line for line in table.splitlines() if line.strip())
    assert head.split() == list(ROLES)
    cells = len(ROLES)
    return [(" ".join(line.split()[:-cells]), line.split()[-cells:]) for line in lines]
