CREATE TABLE spool_offset (
  file VARCHAR PRIMARY KEY,
  byte_off BIGINT NOT NULL,
  updated_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE spool_offset IS 'How far one spool file has been taken into the event table, in bytes.';
