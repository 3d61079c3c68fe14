"""What would have come out otherwise under another version of the policy; nothing is recorded.

A rule change never judges old records anew. Whoever wants to know what it would have changed asks here, of
decisions (`decisions`) and of completion, which nobody decides (`completions`).
"""

from scp_events.what_if.asking import what_if
from scp_events.what_if.completions import WouldComplete
from scp_events.what_if.decisions import WouldDiffer

__all__ = ["WouldComplete", "WouldDiffer", "what_if"]
