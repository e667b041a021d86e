-- One row: one call of a tool by the model.
CREATE VIEW tool_call_log AS
SELECT
  session_id, n, tool_use_id, tool, input, output, is_error, refused, reason, duration_ms,
  granted_by, recorded_at
FROM tool_call
ORDER BY session_id, n, recorded_at, event_id;
COMMENT ON VIEW tool_call_log IS 'One call of a tool by the model, in order.';
COMMENT ON COLUMN tool_call_log.session_id IS 'The session.';
COMMENT ON COLUMN tool_call_log.n IS 'Its place in the session.';
COMMENT ON COLUMN tool_call_log.tool_use_id IS 'The model''s name for the call.';
COMMENT ON COLUMN tool_call_log.tool IS 'The tool.';
COMMENT ON COLUMN tool_call_log.input IS 'What it was called with (JSON).';
COMMENT ON COLUMN tool_call_log.output IS 'What it gave back (JSON).';
COMMENT ON COLUMN tool_call_log.is_error IS 'Whether it failed.';
COMMENT ON COLUMN tool_call_log.refused IS 'Whether it was not permitted.';
COMMENT ON COLUMN tool_call_log.reason IS 'Why it failed or was refused.';
COMMENT ON COLUMN tool_call_log.duration_ms IS 'How long it took (milliseconds).';
COMMENT ON COLUMN tool_call_log.granted_by IS 'Who let it happen: a rule, the user, a budget; null if it needed no leave.';
COMMENT ON COLUMN tool_call_log.recorded_at IS 'When it was written down (UTC).';
