-- One row: one thing done to the memory itself.
CREATE VIEW audit_log AS
SELECT
  a.recorded_at,
  a.action,
  a.agent,
  a.events,
  a.bytes,
  a.file,
  a.sha256,
  a.reason,
  a.detail,
  u.undone_by,
  a.event_id
FROM audit a
LEFT JOIN (SELECT by_event, min(undone_by) AS undone_by FROM undone GROUP BY by_event) u
  ON u.by_event = a.event_id;
COMMENT ON VIEW audit_log IS 'One thing done to the memory itself, and whether it was taken back.';
COMMENT ON COLUMN audit_log.recorded_at IS 'When (UTC).';
COMMENT ON COLUMN audit_log.action IS 'archived, restored, forgotten, reset, imported, exported, backed_up, trained or pinned.';
COMMENT ON COLUMN audit_log.agent IS 'Who did it, as the memory was called.';
COMMENT ON COLUMN audit_log.events IS 'Events that it was done to.';
COMMENT ON COLUMN audit_log.bytes IS 'Their size: canonical JSON in UTF-8 (bytes).';
COMMENT ON COLUMN audit_log.file IS 'The archive, backup or export that it made or read: a name, not a place.';
COMMENT ON COLUMN audit_log.sha256 IS 'SHA-256 of that file, or of its manifest.';
COMMENT ON COLUMN audit_log.reason IS 'Why, in the words of who did it.';
COMMENT ON COLUMN audit_log.detail IS 'How it was asked for.';
COMMENT ON COLUMN audit_log.undone_by IS 'The audit event that took it back; null while it stands.';
COMMENT ON COLUMN audit_log.event_id IS 'The audit event.';
