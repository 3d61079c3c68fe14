-- One call appends what many callers hand in together, or says of each why not. The head row is held for as
-- long as the call takes and never across a client's round trip, so positions are dense, without gaps, known at
-- commit and in commit order; and one commit is paid for all.

-- An append is all or nothing: the events of one command, for one stream or several. `outcome` of each:
--   'recorded'        its events have the positions from `first` on
--   'already'         this command was recorded before, from `first` on
--   'reused'          the command id names another command
--   'conflict'        one of its streams has moved on
--   'evidence-moved'  an event that its condition excludes has come
-- One append's conflict does not harm its neighbours. A call touches each command, stream and case for one append
-- only, so that no append bears on another of the same call: it is as if they had come one after the other.
CREATE FUNCTION event_log.append(
    -- by append; its events begin after the first `starts` of the call
    command_ids uuid[], asked bytea[], starts integer[], event_counts integer[],
    conditions integer[],    -- which of `excluded`; 0 is no condition
    -- by list of event types that some condition excludes, separated by commas
    excluded text[],
    -- by case, or stream of none, that an append touches; `since` is NULL where it writes to it and excludes nothing
    about uuid[], about_append integer[], about_since bigint[],
    -- by stream, which must stand at `expected`
    streams uuid[], streams_append integer[], streams_expected integer[], categories text[], streams_case uuid[],
    -- by event, append after append
    events_append integer[], events_stream integer[], versions integer[], types text[], bodies bytea[],
    event_ids uuid[], schema_versions smallint[], occurred_ats timestamptz[], precisions text[], are_decisions boolean[],
    OUT outcomes text[], OUT firsts bigint[], OUT recorded_at timestamptz,
    OUT contended uuid       -- a stream or case for which somebody came too late a moment ago
) LANGUAGE plpgsql SECURITY DEFINER
-- A plan made while the table was small would read all of it for ever; compiling one costs more than it saves.
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
DECLARE
    last     bigint;  -- the last position before this call
    too_late uuid;
    one    record;
BEGIN
    IF (SELECT count(*) <> count(DISTINCT id) FROM unnest(about) AS id) THEN
        RAISE EXCEPTION 'two appends of one call touch the same case or stream' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Taking room for all of them locks the row; what was not needed is given back below.
    UPDATE event_log.head h
    SET position = h.position + cardinality(types), recorded_at = greatest(clock_timestamp(), h.recorded_at)
    WHERE the_only
    RETURNING h.position - cardinality(types), h.recorded_at,
              CASE WHEN h.contended_at > clock_timestamp() - interval '100 ms' THEN h.contended END
    INTO last, append.recorded_at, append.contended;
    outcomes := array_fill('recorded'::text, ARRAY[cardinality(command_ids)]);
    firsts := ARRAY(SELECT last + 1 + own.start FROM unnest(starts) WITH ORDINALITY AS own (start, n) ORDER BY n);

    FOR one IN
        SELECT touched.append, touched.id FROM unnest(about, about_append, about_since) AS touched (id, append, since)
        WHERE touched.since IS NOT NULL AND EXISTS (
            SELECT FROM event_log.events e
            WHERE coalesce(e.case_id, e.stream_id) = touched.id AND e.position > touched.since
            AND e.type = ANY (string_to_array(excluded[conditions[touched.append]], ',')))
    LOOP
        outcomes[one.append] := 'evidence-moved';
        too_late := one.id;
    END LOOP;
    -- A stream without events may begin at version 1 (expected 0), or at 0, as the library's do.
    FOR one IN
        SELECT wanted.append, wanted.id FROM unnest(streams, streams_append, streams_expected) AS wanted (id, append, expected)
        LEFT JOIN LATERAL (
            SELECT e.version FROM event_log.events e WHERE e.stream_id = wanted.id ORDER BY e.version DESC LIMIT 1
        ) stands ON true
        WHERE coalesce(stands.version, least(wanted.expected, 0)) <> wanted.expected
    LOOP
        outcomes[one.append] := 'conflict';
        too_late := one.id;
    END LOOP;
    FOR one IN
        SELECT sent.n, known.first_position, known.fingerprint = sent.asked AS is_the_same
        FROM unnest(command_ids, append.asked) WITH ORDINALITY AS sent (id, asked, n)
        JOIN event_log.commands known ON known.command_id = sent.id
    LOOP
        outcomes[one.n] := CASE WHEN one.is_the_same THEN 'already' ELSE 'reused' END;
        firsts[one.n] := one.first_position;
    END LOOP;

    IF NOT 'recorded' = ALL (outcomes) THEN  -- those that are recorded take the positions of those that are not
        SELECT array_agg(CASE WHEN own.is_new THEN last + 1 + own.before
                              WHEN own.outcome IN ('already', 'reused') THEN firsts[own.n] END ORDER BY own.n),
               last + coalesce(sum(own.event_count) FILTER (WHERE is_new), 0)
        INTO firsts, last
        FROM (
            SELECT each.n, each.outcome, each.event_count, each.outcome = 'recorded' AS is_new,
                   coalesce(sum(each.event_count) FILTER (WHERE each.outcome = 'recorded')
                            OVER (ORDER BY each.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
            FROM unnest(outcomes, event_counts) WITH ORDINALITY AS each (outcome, event_count, n)
        ) own;
        UPDATE event_log.head AS h
        SET position = last, contended = coalesce(too_late, h.contended),
            contended_at = CASE WHEN too_late IS NULL THEN h.contended_at ELSE clock_timestamp() END
        WHERE the_only;
    END IF;

    INSERT INTO event_log.events (
        position, stream_id, version, recorded_at, type, body, event_id, category, case_id, command_id,
        schema_version, occurred_at, precision, is_decision)
    SELECT firsts[e.append] + e.n - 1 - starts[e.append], streams[e.stream], e.version, append.recorded_at, e.type, e.body,
           e.event_id, categories[e.stream], streams_case[e.stream], command_ids[e.append], e.schema_version,
           coalesce(e.occurred_at, append.recorded_at), e.precision, e.is_decision
    FROM unnest(events_append, events_stream, versions, types, bodies, event_ids, schema_versions, occurred_ats,
                precisions, are_decisions)
         WITH ORDINALITY AS e (append, stream, version, type, body, event_id, schema_version, occurred_at, precision,
                               is_decision, n)
    WHERE outcomes[e.append] = 'recorded';
    INSERT INTO event_log.commands (command_id, fingerprint, first_position, event_count)
    SELECT c.id, c.asked, firsts[c.n], event_counts[c.n]
    FROM unnest(command_ids, append.asked) WITH ORDINALITY AS c (id, asked, n)
    WHERE outcomes[c.n] = 'recorded';
    IF FOUND THEN
        NOTIFY event_log;
    END IF;
END $$;
