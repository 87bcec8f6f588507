-- Appending: one call and one transaction for the rows of many workspaces, each of which fails alone.
-- Every argument is an array: those of the rows, in the order of their workspaces' SIDs so that no two
-- calls wait for each other in a ring; those of the directory's new entries; and those of the answers,
-- each with the number of the row that it belongs to. An epoch or a node may be null.
--
-- Gives back the failures: what stood in the way, and of which row; for a taken key which key.
CREATE FUNCTION keep_rows(
  sids text[], firsts bigint[], lasts bigint[], instants bigint[], versions integer[],
  bodies bytea[], row_nodes text[], epochs bigint[], leaving text[],
  listed_sids text[], listed_accounts text[], listed_instants bigint[], listed_nodes text[],
  answer_rows integer[], answer_accounts text[], answer_keys text[], answer_requests bytea[],
  answer_instants bigint[], answer_statuses integer[], answer_versions bigint[],
  answer_bodies bytea[], answers_kept_ms bigint
) RETURNS TABLE (failed text, reason text, taken_key text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  lost text[] := '{}';
  refused text[] := '{}';
  kept text[];
  told text;
  wanted bigint;
  written bigint;
BEGIN
  IF num_nonnulls(VARIADIC epochs) > 0 THEN
    -- Held until the commit: a lease moves either before this or after it.
    PERFORM 1 FROM leases WHERE workspace_sid = ANY (sids) ORDER BY workspace_sid FOR SHARE;
    SELECT coalesce(array_agg(new.sid), '{}') INTO lost
    FROM unnest(sids, row_nodes, epochs) AS new (sid, node, epoch)
    WHERE new.epoch IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM leases AS lease JOIN nodes ON nodes.sid = lease.node_sid
      WHERE lease.workspace_sid = new.sid AND lease.node_sid = new.node
        AND lease.epoch = new.epoch AND nodes.expires_ms > store_ms());
    RETURN QUERY SELECT sid, 'lease', NULL::text FROM unnest(lost) AS sid;
  END IF;

  IF cardinality(answer_keys) > 0 THEN
    RETURN QUERY
    SELECT DISTINCT ON (sids[new.row]) sids[new.row], 'key', new.key
    FROM unnest(answer_rows, answer_accounts, answer_keys, answer_instants)
      AS new (row, account, key, at_ms)
    JOIN answers AS old ON old.account_sid = new.account AND old.key = new.key
    WHERE old.at_ms > new.at_ms - answers_kept_ms AND sids[new.row] <> ALL (lost);
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written > 0 THEN
      SELECT array_agg(DISTINCT sids[new.row]) INTO refused
      FROM unnest(answer_rows, answer_accounts, answer_keys, answer_instants)
        AS new (row, account, key, at_ms)
      JOIN answers AS old ON old.account_sid = new.account AND old.key = new.key
      WHERE old.at_ms > new.at_ms - answers_kept_ms;
    END IF;
  END IF;

  WITH inserted AS (
    INSERT INTO journal
      (workspace_sid, first_position, last_position, at_ms, codec_version, body)
    SELECT new.* FROM unnest(sids, firsts, lasts, instants, versions, bodies)
      AS new (sid, first, last, at_ms, version, body)
    WHERE new.sid <> ALL (lost) AND new.sid <> ALL (refused) AND new.first = 1 + coalesce((
      SELECT old.last_position FROM journal AS old WHERE old.workspace_sid = new.sid
      ORDER BY old.first_position DESC LIMIT 1), 0)
    -- Somebody who appends at this very moment is waited for.
    ON CONFLICT DO NOTHING
    RETURNING workspace_sid, last_position
  )
  SELECT coalesce(array_agg(workspace_sid), '{}'),
    string_agg('A ' || workspace_sid || ' ' || last_position, ';')
  INTO kept, told FROM inserted;

  IF cardinality(kept) + cardinality(lost) + cardinality(refused) < cardinality(sids) THEN
    RETURN QUERY SELECT sid, 'stale', NULL::text FROM unnest(sids) AS sid
    WHERE sid <> ALL (kept) AND sid <> ALL (lost) AND sid <> ALL (refused);
  END IF;

  IF cardinality(answer_keys) > 0 THEN
    SELECT count(*) INTO wanted FROM unnest(answer_rows) AS row WHERE sids[row] = ANY (kept);
    INSERT INTO answers AS old (account_sid, key, request, at_ms, status, version, body)
    SELECT new.account, new.key, new.request, new.at_ms, new.status, new.version, new.body
    FROM unnest(answer_rows, answer_accounts, answer_keys, answer_requests, answer_instants,
        answer_statuses, answer_versions, answer_bodies)
      AS new (row, account, key, request, at_ms, status, version, body)
    WHERE sids[new.row] = ANY (kept) ORDER BY new.account, new.key
    ON CONFLICT (account_sid, key) DO UPDATE SET request = excluded.request,
      at_ms = excluded.at_ms, status = excluded.status, version = excluded.version,
      body = excluded.body
    WHERE old.at_ms <= excluded.at_ms - answers_kept_ms;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written < wanted THEN
      -- Somebody has taken a key since it was looked for: all of this is undone, and tried one by one.
      RAISE EXCEPTION 'an idempotency key was taken meanwhile' USING ERRCODE = 'TY001';
    END IF;
  END IF;

  IF cardinality(listed_sids) > 0 THEN
    INSERT INTO workspaces (sid, account_sid, created_ms)
    SELECT new.sid, new.account, new.at_ms
    FROM unnest(listed_sids, listed_accounts, listed_instants) WITH ORDINALITY
      AS new (sid, account, at_ms, ordinal)
    WHERE new.sid = ANY (kept) ORDER BY new.ordinal;
    INSERT INTO leases (workspace_sid, node_sid, epoch)
    SELECT new.sid, new.node, 1 FROM unnest(listed_sids, listed_nodes) AS new (sid, node)
    WHERE new.sid = ANY (kept) AND new.node IS NOT NULL;
    SELECT concat_ws(';', told, string_agg('W ' || sid, ';')) INTO told
    FROM unnest(listed_sids) AS sid WHERE sid = ANY (kept);
  END IF;

  IF cardinality(leaving) > 0 THEN
    DELETE FROM workspaces WHERE sid = ANY (leaving) AND sid = ANY (kept);
    DELETE FROM snapshots WHERE workspace_sid = ANY (leaving) AND workspace_sid = ANY (kept);
    DELETE FROM verified_snapshots
    WHERE workspace_sid = ANY (leaving) AND workspace_sid = ANY (kept);
    SELECT concat_ws(';', told, string_agg('W ' || sid, ';')) INTO told
    FROM unnest(leaving) AS sid WHERE sid = ANY (kept);
  END IF;

  IF told <> '' THEN
    -- Once a transaction: the server lets only one at a time commit what it has to tell.
    PERFORM pg_notify('taskyard', CASE WHEN octet_length(told) < 8000 THEN told ELSE 'M' END);
  END IF;
END $$;
