CREATE TABLE adr_link (
  adr_id VARCHAR NOT NULL,
  n BIGINT NOT NULL,
  relation VARCHAR NOT NULL,
  to_adr_id VARCHAR,
  text VARCHAR,
  event_id VARCHAR NOT NULL
);
COMMENT ON TABLE adr_link IS 'One other record that an imported decision record speaks of, in order.';
COMMENT ON COLUMN adr_link.relation IS 'superseded by, supersedes; unresolved where no file of the folder is meant.';
COMMENT ON COLUMN adr_link.to_adr_id IS 'The other record; null if unresolved.';
COMMENT ON COLUMN adr_link.text IS 'The path of the other record, or the words that name it.';
