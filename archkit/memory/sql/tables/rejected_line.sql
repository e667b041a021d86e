CREATE TABLE rejected_line (
  file VARCHAR NOT NULL,
  byte_off BIGINT NOT NULL,
  text VARCHAR NOT NULL,
  reason VARCHAR NOT NULL,
  found_at TIMESTAMP NOT NULL,
  PRIMARY KEY (file, byte_off)
);
COMMENT ON TABLE rejected_line IS 'One line of a spool file that is no event, kept aside as it was.';
