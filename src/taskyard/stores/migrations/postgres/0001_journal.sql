-- The directory, the journals and what is kept beside them. All of it lies in a schema of its own,
-- which is made before the first script. Bodies are packed already, so the server need not try.

CREATE TABLE accounts (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sid text NOT NULL UNIQUE,
  auth_token text NOT NULL
);

CREATE TABLE api_keys (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sid text NOT NULL UNIQUE,
  account_sid text NOT NULL,
  secret text NOT NULL,
  created_ms bigint NOT NULL
);

CREATE TABLE workspaces (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sid text NOT NULL UNIQUE,
  account_sid text NOT NULL,
  created_ms bigint NOT NULL
);

-- One row is one turn. The key is half of the fence between writers; the other half is in the
-- function that appends.
CREATE TABLE journal (
  workspace_sid text COLLATE "C" NOT NULL,
  first_position bigint NOT NULL,
  last_position bigint NOT NULL,
  at_ms bigint NOT NULL,
  codec_version integer NOT NULL,
  body bytea STORAGE EXTERNAL NOT NULL,
  PRIMARY KEY (workspace_sid, first_position)
);

-- What a workspace's journal comes to up to a position. Everything here can be made anew.
CREATE TABLE snapshots (
  workspace_sid text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  at_ms bigint NOT NULL,
  codec_version integer NOT NULL,
  length bigint NOT NULL,
  digest bytea NOT NULL,
  body bytea STORAGE EXTERNAL NOT NULL,
  PRIMARY KEY (workspace_sid, position)
);

-- Which of them were read back and found good, with the digest of what was read.
CREATE TABLE verified_snapshots (
  workspace_sid text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  digest bytea NOT NULL,
  PRIMARY KEY (workspace_sid, position)
);

-- The answers that were given to requests with an idempotency key, each written in the transaction
-- of the journal row that its request led to.
CREATE TABLE answers (
  account_sid text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  request bytea NOT NULL,
  at_ms bigint NOT NULL,
  status integer NOT NULL,
  version bigint,
  body bytea STORAGE EXTERNAL NOT NULL,
  PRIMARY KEY (account_sid, key)
);

-- What has expired is found by it.
CREATE INDEX answers_by_instant ON answers (at_ms);
