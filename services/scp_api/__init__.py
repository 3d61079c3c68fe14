"""The HTTP door: commands as POST, questions as GET, refusals as problem documents that name the rule."""
