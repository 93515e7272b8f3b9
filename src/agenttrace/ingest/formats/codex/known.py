"""Records by what becomes of them. Those that are in no table here are counted, and told as unknown."""

from __future__ import annotations

from agenttrace.ingest.formats.codex.lines import EVENT, ITEM


def _of(envelope: str, *names: str) -> frozenset[str]:
    return frozenset(f"{envelope}/{name}" for name in names)


OUTPUTS = _of(ITEM, "reasoning", "web_search_call", "image_generation_call")
"""What the model said, but for messages and calls; the provider ran those searches within the answer."""

SIGNS = _of(EVENT, "agent_message", "agent_reasoning", "agent_reasoning_raw_content")
"""What the program shows of an answer, just before the item is recorded."""

APPROVALS = _of(
    EVENT,
    *("exec_approval_request", "apply_patch_approval_request", "request_permissions"),
    *("request_user_input", "elicitation_request"),
)
BEGINNINGS = _of(EVENT, "exec_command_begin", "patch_apply_begin", "mcp_tool_call_begin")
ENDS = _of(EVENT, "exec_command_end", "patch_apply_end", "mcp_tool_call_end", "dynamic_tool_call_response")
COMPLETED = f"{EVENT}/item_completed"
REVIEW_BEGINS, REVIEW_ENDS = "EnteredReviewMode", "ExitedReviewMode"
"""Types of completed items, which newest versions write in place of events of their own."""

SPOKEN = frozenset({"AgentMessage", "Reasoning"})
"""Types of completed items that are of an answer."""

COLLABORATION = _of(
    EVENT, "sub_agent_activity", "collab_agent_spawn_end", "collab_waiting_end", "collab_resume_end"
) | _of(ITEM, "agent_message")
TOLD_BY_OTHERS = APPROVALS | BEGINNINGS | ENDS | COLLABORATION | {COMPLETED}
"""Records about calls and subagents."""

KNOWN = frozenset(
    {
        *("world_state", "inter_agent_communication", "inter_agent_communication_metadata"),
        *("realtime_item", "retained_context"),
        *_of(ITEM, "ghost_snapshot", "compaction", "compaction_summary", "context_compaction", "other"),
        *_of(ITEM, "compaction_trigger", "additional_tools", "configuration_update"),
        *_of(EVENT, "thread_settings_applied", "thread_name_updated", "thread_goal_updated"),
        *_of(EVENT, "thread_rolled_back", "undo_completed", "undo_started", "injected_message"),
        *_of(EVENT, "web_search_begin", "web_search_end", "image_generation_end", "view_image_tool_call"),
        *_of(EVENT, "guardian_assessment", "guardian_warning", "warning", "background_event"),
        *_of(EVENT, "collab_agent_spawn_begin", "collab_agent_interaction_begin", "collab_waiting_begin"),
        *_of(EVENT, "collab_agent_interaction_end", "collab_close_begin", "collab_close_end"),
        *_of(EVENT, "collab_resume_begin", "dynamic_tool_call_request", "item_started", "plan_update"),
        *_of(EVENT, "session_configured", "turn_diff", "exec_command_output_delta", "terminal_interaction"),
        *_of(EVENT, "agent_message_delta", "agent_reasoning_delta", "agent_reasoning_raw_content_delta"),
        *_of(EVENT, "agent_reasoning_section_break", "agent_message_content_delta", "plan_delta"),
        *_of(EVENT, "reasoning_content_delta", "reasoning_raw_content_delta", "raw_response_item"),
        *_of(EVENT, "hook_started", "hook_completed", "model_reroute", "model_verification"),
        *_of(EVENT, "mcp_startup_update", "mcp_startup_complete", "deprecation_notice"),
        *_of(EVENT, "shutdown_complete", "skills_update_available", "goal_turn_started"),
        *_of(EVENT, "patch_apply_updated", "safety_buffering", "turn_moderation_metadata"),
    }
)
"""Records that say nothing of time spent that others do not."""
