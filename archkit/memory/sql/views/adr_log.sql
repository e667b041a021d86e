-- One row: one decision record imported from a file, in its latest wording.
CREATE VIEW adr_log AS
SELECT
  a.adr_id,
  a.project,
  a.path,
  a.number,
  a.title,
  a.family,
  a.status,
  a.status_text,
  a.conflict,
  a.decided_at,
  a.decided_from,
  a.ended_at,
  a.ended_from,
  coalesce(l.ended_by, []) AS ended_by,
  coalesce(l.supersedes, []) AS supersedes,
  coalesce(l.unresolved, []) AS unresolved,
  a.deciders,
  a.tags,
  a.options,
  a.chosen,
  a.first_committed_at,
  a.last_committed_at,
  a.decision_id,
  s.provenance,
  i.origin,
  a.recorded_at
FROM adr a
JOIN source s ON s.source = 'imported'
LEFT JOIN (
  SELECT
    adr_id,
    list(text ORDER BY n) FILTER (relation = 'superseded by') AS ended_by,
    list(text ORDER BY n) FILTER (relation = 'supersedes') AS supersedes,
    list(text ORDER BY n) FILTER (relation = 'unresolved') AS unresolved
  FROM adr_link
  GROUP BY adr_id
) l ON l.adr_id = a.adr_id
LEFT JOIN imported_event i ON i.event_id = a.event_id;
COMMENT ON VIEW adr_log IS 'One decision record imported from a file: what somebody wrote down, never observed here.';
COMMENT ON COLUMN adr_log.adr_id IS 'The record; it follows from project and path.';
COMMENT ON COLUMN adr_log.project IS 'The project whose folder it stands in.';
COMMENT ON COLUMN adr_log.path IS 'Its file, below the project.';
COMMENT ON COLUMN adr_log.number IS 'Its number; null if it has none.';
COMMENT ON COLUMN adr_log.title IS 'Its title.';
COMMENT ON COLUMN adr_log.family IS 'The form it is written in: madr, nygard, log4brains, what-why or other.';
COMMENT ON COLUMN adr_log.status IS 'draft, proposed, accepted, rejected, partly superseded, deprecated or superseded; null if it states none that is known.';
COMMENT ON COLUMN adr_log.status_text IS 'Its status as written.';
COMMENT ON COLUMN adr_log.conflict IS 'Whether it states two statuses that differ; the later in a decision''s life then counts.';
COMMENT ON COLUMN adr_log.decided_at IS 'The day it was decided (UTC midnight); null if not known.';
COMMENT ON COLUMN adr_log.decided_from IS 'How that is known: stated, inferred, status, file name or git.';
COMMENT ON COLUMN adr_log.ended_at IS 'When it ceased to hold (UTC); null if it holds or the day is not known.';
COMMENT ON COLUMN adr_log.ended_from IS 'How that is known: stated, successor (the day that was decided) or git (its last commit).';
COMMENT ON COLUMN adr_log.ended_by IS 'Paths of the records that supersede it.';
COMMENT ON COLUMN adr_log.supersedes IS 'Paths of the records it supersedes.';
COMMENT ON COLUMN adr_log.unresolved IS 'Records it names that are not in its folder, as written.';
COMMENT ON COLUMN adr_log.deciders IS 'Who decided, as written.';
COMMENT ON COLUMN adr_log.tags IS 'Its tags.';
COMMENT ON COLUMN adr_log.options IS 'The options considered, in order.';
COMMENT ON COLUMN adr_log.chosen IS 'The option chosen; null if it names none.';
COMMENT ON COLUMN adr_log.first_committed_at IS 'Its first commit (UTC); null where git does not tell.';
COMMENT ON COLUMN adr_log.last_committed_at IS 'Its last commit (UTC); null where git does not tell.';
COMMENT ON COLUMN adr_log.decision_id IS 'The decision of this memory that the file was written from; null for all others.';
COMMENT ON COLUMN adr_log.provenance IS 'How it is drawn: always reported.';
COMMENT ON COLUMN adr_log.origin IS 'The import it came with; null if that is not told.';
COMMENT ON COLUMN adr_log.recorded_at IS 'When this wording was imported (UTC).';
