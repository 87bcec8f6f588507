-- The answers that were given to requests with an idempotency key, each written in the transaction of
-- the journal row that its request led to. `request` is a digest of the request; `version` is that of
-- the resource, or nothing. The body comes last, as in the journal.
CREATE TABLE answers (
  number INTEGER PRIMARY KEY,
  account_sid TEXT NOT NULL,
  key TEXT NOT NULL,
  request BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  status INTEGER NOT NULL,
  version INTEGER,
  body BLOB NOT NULL
);

CREATE UNIQUE INDEX answers_by_key ON answers (account_sid, key);

-- What has expired is found by it.
CREATE INDEX answers_by_instant ON answers (at_ms);
