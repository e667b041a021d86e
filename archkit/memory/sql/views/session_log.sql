-- One row: one session, how it stands and what it came to.
CREATE VIEW session_log AS
SELECT
  s.session_id,
  s.agent,
  s.project,
  s.title,
  s.brief,
  s.model,
  s.client,
  s.parent_session_id,
  s.aml_enabled,
  s.aml_reason,
  coalesce(s.status, 'open') AS status,
  s.stage,
  s.started_at,
  CASE WHEN s.status IN ('ended', 'failed', 'cancelled') THEN s.status_at END AS ended_at,
  c.turns,
  coalesce(t.tool_calls, 0) AS tool_calls,
  coalesce(t.refused, 0) AS refused,
  c.input_tokens,
  c.output_tokens,
  c.cost_usd,
  coalesce(d.decisions, 0) AS decisions
FROM session s
JOIN session_cost c ON c.session_id = s.session_id
LEFT JOIN (
  SELECT
    session_id,
    count(*) AS tool_calls,
    CAST(sum(CASE WHEN refused THEN 1 ELSE 0 END) AS BIGINT) AS refused
  FROM tool_call
  GROUP BY session_id
) t ON t.session_id = s.session_id
LEFT JOIN (
  SELECT session_id, count(*) AS decisions FROM decision GROUP BY session_id
) d ON d.session_id = s.session_id;
COMMENT ON VIEW session_log IS 'One session with an agent, how it stands and what it came to.';
COMMENT ON COLUMN session_log.session_id IS 'The session.';
COMMENT ON COLUMN session_log.agent IS 'The agent.';
COMMENT ON COLUMN session_log.project IS 'The project.';
COMMENT ON COLUMN session_log.title IS 'Its title.';
COMMENT ON COLUMN session_log.brief IS 'What was asked for.';
COMMENT ON COLUMN session_log.model IS 'The model asked for.';
COMMENT ON COLUMN session_log.client IS 'Which client answered: Claude, a local server, offline.';
COMMENT ON COLUMN session_log.parent_session_id IS 'The session that started it as its child, by Task; null for a session of its own.';
COMMENT ON COLUMN session_log.aml_enabled IS 'Whether the memory was on.';
COMMENT ON COLUMN session_log.aml_reason IS 'Why it was on or off, as the gate said; null if not noted.';
COMMENT ON COLUMN session_log.status IS 'open, ended, failed, interrupted or cancelled.';
COMMENT ON COLUMN session_log.stage IS 'How far it came.';
COMMENT ON COLUMN session_log.started_at IS 'When it began (UTC).';
COMMENT ON COLUMN session_log.ended_at IS 'When it ended, failed or was cancelled (UTC); null while it can go on.';
COMMENT ON COLUMN session_log.turns IS 'Turns of the model (count).';
COMMENT ON COLUMN session_log.tool_calls IS 'Tool calls of the model, refused ones included (count).';
COMMENT ON COLUMN session_log.refused IS 'Tool calls refused (count).';
COMMENT ON COLUMN session_log.input_tokens IS 'Tokens read (count); null if not known.';
COMMENT ON COLUMN session_log.output_tokens IS 'Tokens written (count); null if not known.';
COMMENT ON COLUMN session_log.cost_usd IS 'Cost (US dollars); null if not known.';
COMMENT ON COLUMN session_log.decisions IS 'Decisions made in it (count).';
