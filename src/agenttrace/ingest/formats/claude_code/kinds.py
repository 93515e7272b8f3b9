"""The types of the records of a transcript."""

from __future__ import annotations

CHAINED = frozenset({"assistant", "user", "system", "progress", "attachment"})
BOOKKEEPING = frozenset(
    {
        "agent-color", "agent-name", "agent-setting", "ai-title", "attribution-snapshot", "bridge-session",
        "content-replacement", "cost-state", "custom-title", "file-history-delta", "file-history-snapshot",
        "last-prompt", "mode", "permission-mode", "pr-link", "queue-operation", "speculation-accept",
        "summary", "tag", "task-summary", "worktree-state",
    }
)  # fmt: skip
