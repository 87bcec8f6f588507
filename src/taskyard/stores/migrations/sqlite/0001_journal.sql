-- The directory: what belongs to no workspace's journal.

CREATE TABLE accounts (
  number INTEGER PRIMARY KEY,
  sid TEXT NOT NULL UNIQUE,
  auth_token TEXT NOT NULL
);

CREATE TABLE api_keys (
  number INTEGER PRIMARY KEY,
  sid TEXT NOT NULL UNIQUE,
  account_sid TEXT NOT NULL,
  secret TEXT NOT NULL,
  created_ms INTEGER NOT NULL
);

-- AUTOINCREMENT: the order of creation holds although workspaces are deleted.
CREATE TABLE workspaces (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  sid TEXT NOT NULL UNIQUE,
  account_sid TEXT NOT NULL,
  created_ms INTEGER NOT NULL
);

-- One row is one turn. A rowid table, because bodies of tens of kilobytes would make the B-tree of
-- a WITHOUT ROWID table shallow in rows and deep in pages. The body comes last, so that the columns
-- before it are read without it.
CREATE TABLE journal (
  number INTEGER PRIMARY KEY,
  workspace_sid TEXT NOT NULL,
  first_position INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  codec_version INTEGER NOT NULL,
  body BLOB NOT NULL
);

-- Half of the fence; the other half is the condition in the INSERT itself.
CREATE UNIQUE INDEX journal_by_position ON journal (workspace_sid, first_position);
