-- One row: one message of a session.
CREATE VIEW message_log AS
SELECT
  session_id, n, role, text, content, model, stop_reason, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_usd, prices, duration_ms, status, recorded_at
FROM message
ORDER BY session_id, n, recorded_at, event_id;
COMMENT ON VIEW message_log IS 'One message of a session, in order.';
COMMENT ON COLUMN message_log.session_id IS 'The session.';
COMMENT ON COLUMN message_log.n IS 'Its place in the session.';
COMMENT ON COLUMN message_log.role IS 'user or assistant.';
COMMENT ON COLUMN message_log.text IS 'Its text, secrets hidden.';
COMMENT ON COLUMN message_log.content IS 'Its content blocks (JSON).';
COMMENT ON COLUMN message_log.model IS 'The model that wrote it.';
COMMENT ON COLUMN message_log.stop_reason IS 'Why the model stopped.';
COMMENT ON COLUMN message_log.input_tokens IS 'Tokens read (count); null if not known.';
COMMENT ON COLUMN message_log.output_tokens IS 'Tokens written (count); null if not known.';
COMMENT ON COLUMN message_log.cache_read_tokens IS 'Tokens read from the prompt cache (count); null if not known.';
COMMENT ON COLUMN message_log.cache_write_tokens IS 'Tokens written to the prompt cache (count); null if not known.';
COMMENT ON COLUMN message_log.cost_usd IS 'Cost (US dollars); null if not known.';
COMMENT ON COLUMN message_log.prices IS 'The price list behind the cost: package and version; null if not known.';
COMMENT ON COLUMN message_log.duration_ms IS 'Time the turn took (milliseconds).';
COMMENT ON COLUMN message_log.status IS 'Whether it is whole: complete, or interrupted.';
COMMENT ON COLUMN message_log.recorded_at IS 'When it was written down (UTC).';
