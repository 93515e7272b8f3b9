"""The types of the records of a transcript."""

from __future__ import annotations

CHAINED = frozenset({"assistant", "user", "system", "progress", "attachment"})
BOOKKEEPING = frozenset(
    {
        "agent-color", "agent-name", "agent-setting", "ai-title", "atis-latch", "attribution-snapshot",
        "bridge-session", "content-replacement", "cost-state", "custom-title", "file-history-delta",
        "file-history-snapshot", "frame-link", "last-prompt", "mode", "permission-mode", "pr-link",
        "queue-operation", "relocated", "speculation-accept", "summary", "tag", "task-summary",
        "worktree-state",
    }
)  # fmt: skip
