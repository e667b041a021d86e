-- One row: one session with what its model turns took.
CREATE VIEW session_cost AS
SELECT
  s.session_id,
  s.agent,
  s.project,
  s.title,
  s.model,
  s.client,
  s.aml_enabled,
  s.started_at,
  coalesce(m.turns, 0) AS turns,
  m.input_tokens,
  m.output_tokens,
  m.cache_read_tokens,
  m.cache_write_tokens,
  m.cost_usd,
  coalesce(m.unpriced_turns, 0) AS unpriced_turns,
  m.duration_ms
FROM session s
LEFT JOIN (
  SELECT
    session_id,
    count(*) AS turns,
    CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
    CAST(sum(output_tokens) AS BIGINT) AS output_tokens,
    CAST(sum(cache_read_tokens) AS BIGINT) AS cache_read_tokens,
    CAST(sum(cache_write_tokens) AS BIGINT) AS cache_write_tokens,
    sum(cost_usd) AS cost_usd,
    count(*) FILTER (WHERE cost_usd IS NULL OR status = 'interrupted') AS unpriced_turns,
    sum(duration_ms) AS duration_ms
  FROM message
  WHERE role = 'assistant'
  GROUP BY session_id
) m ON m.session_id = s.session_id;
COMMENT ON VIEW session_cost IS 'One session: tokens, money and time of its model turns.';
COMMENT ON COLUMN session_cost.session_id IS 'The session.';
COMMENT ON COLUMN session_cost.agent IS 'The agent.';
COMMENT ON COLUMN session_cost.project IS 'The project.';
COMMENT ON COLUMN session_cost.title IS 'Its title.';
COMMENT ON COLUMN session_cost.model IS 'The model asked for.';
COMMENT ON COLUMN session_cost.client IS 'Which client answered: Claude, a local server, offline.';
COMMENT ON COLUMN session_cost.aml_enabled IS 'Whether the memory was on.';
COMMENT ON COLUMN session_cost.started_at IS 'When it began (UTC).';
COMMENT ON COLUMN session_cost.turns IS 'Turns of the model (count).';
COMMENT ON COLUMN session_cost.input_tokens IS 'Tokens read (count); null if not known.';
COMMENT ON COLUMN session_cost.output_tokens IS 'Tokens written (count); null if not known.';
COMMENT ON COLUMN session_cost.cache_read_tokens IS 'Tokens read from the prompt cache (count); null if not known.';
COMMENT ON COLUMN session_cost.cache_write_tokens IS 'Tokens written to the prompt cache (count); null if not known.';
COMMENT ON COLUMN session_cost.cost_usd IS 'Cost of the turns with a known price (US dollars); null if there is none.';
COMMENT ON COLUMN session_cost.unpriced_turns IS 'Turns whose cost is not known in full (count), by a missing price or since they broke off: if any, the cost is a lower bound.';
COMMENT ON COLUMN session_cost.duration_ms IS 'Time the model''s turns took (milliseconds).';
