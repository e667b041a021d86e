-- One row: the model turns of one month by client, model and whether another memory recorded them.
CREATE VIEW cost_by_month AS
SELECT
  date_trunc('month', m.recorded_at) AS month,
  s.client,
  m.model,
  i.event_id IS NOT NULL AS imported,
  count(DISTINCT m.session_id) AS sessions,
  count(*) AS turns,
  CAST(sum(m.input_tokens) AS BIGINT) AS input_tokens,
  CAST(sum(m.output_tokens) AS BIGINT) AS output_tokens,
  CAST(sum(m.cache_read_tokens) AS BIGINT) AS cache_read_tokens,
  CAST(sum(m.cache_write_tokens) AS BIGINT) AS cache_write_tokens,
  sum(m.cost_usd) AS cost_usd,
  count(*) FILTER (WHERE m.cost_usd IS NULL OR m.status = 'interrupted') AS unpriced_turns
FROM message m
LEFT JOIN session s ON s.session_id = m.session_id
LEFT JOIN imported_event i ON i.event_id = m.event_id
WHERE m.role = 'assistant'
GROUP BY date_trunc('month', m.recorded_at), s.client, m.model, i.event_id IS NOT NULL;
COMMENT ON VIEW cost_by_month IS 'One month (UTC) by client and model: tokens and money of its model turns.';
COMMENT ON COLUMN cost_by_month.month IS 'First day of the month in which the turns were written down (UTC).';
COMMENT ON COLUMN cost_by_month.client IS 'Which client answered: Claude, a local server, offline; null if the session is not known.';
COMMENT ON COLUMN cost_by_month.model IS 'The model that answered; null if not known.';
COMMENT ON COLUMN cost_by_month.imported IS 'Whether another memory recorded them.';
COMMENT ON COLUMN cost_by_month.sessions IS 'Sessions with such turns (count).';
COMMENT ON COLUMN cost_by_month.turns IS 'Turns of the model (count).';
COMMENT ON COLUMN cost_by_month.input_tokens IS 'Tokens read (count); null if not known.';
COMMENT ON COLUMN cost_by_month.output_tokens IS 'Tokens written (count); null if not known.';
COMMENT ON COLUMN cost_by_month.cache_read_tokens IS 'Tokens read from the prompt cache (count); null if not known.';
COMMENT ON COLUMN cost_by_month.cache_write_tokens IS 'Tokens written to the prompt cache (count); null if not known.';
COMMENT ON COLUMN cost_by_month.cost_usd IS 'Cost of the turns with a known price (US dollars); null if there is none.';
COMMENT ON COLUMN cost_by_month.unpriced_turns IS 'Turns whose cost is not known in full (count), by a missing price or since they broke off: if any, the cost is a lower bound.';
