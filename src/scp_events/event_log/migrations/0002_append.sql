-- One call appends what many callers hand in together, or says of each why not. The head row is held for as
-- long as the call takes and never across a client's round trip, so positions are dense, without gaps, known at
-- commit and in commit order; and one commit is paid for all.

-- An append is all or nothing: the events of one command, for one stream or several. `outcome` of each:
--   'recorded'        its events have the positions from `first` on; `version` is that of the last
--   'already'         this command was answered before; here is that answer
--   'reused'          the command id names another command
--   'conflict'        a stream has moved on; `version` is where it stands now
--   'evidence-moved'  the case has moved on since the evidence was gathered
-- Appends of one call are answered as if they had come one after the other, and one's conflict does not harm its
-- neighbours. No command id may be in one call twice.
CREATE FUNCTION event_log.append(
    -- by append
    command_ids uuid[], asked bytea[], case_ids uuid[], evidence_through bigint[], event_counts integer[],
    starts integer[],        -- how many events of the call come before its own
    last_versions integer[], -- where its last stream stands once it is recorded
    part_counts integer[],
    -- by part: the events of one append for one stream, which must stand at `expected`
    parts_stream integer[], parts_expected integer[], parts_count integer[],
    -- the streams of all parts, each once; parts name them by their place here
    streams uuid[], categories text[],
    -- by event, append after append
    events_append integer[], events_stream integer[], versions integer[], types text[], bodies bytea[],
    event_ids uuid[], schema_versions smallint[], occurred_ats timestamptz[], are_decisions boolean[],
    OUT outcomes text[], OUT firsts bigint[], OUT stands integer[], OUT counts integer[], OUT recorded_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER
-- A plan made while the table was small would read all of it for ever; compiling one costs more than it saves.
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
DECLARE
    appends     integer := cardinality(command_ids);
    last        bigint;                                           -- the last position before this call
    next        bigint;
    part        integer := 0;
    accepted    boolean[] := array_fill(true, ARRAY[appends]);
    shifts      bigint[];                                         -- what makes an event's ordinal its position
    current     integer[];
    fits        boolean := -1 = ALL (evidence_through) AND cardinality(parts_stream) = cardinality(streams);
    touched     uuid[] := '{}';                                   -- cases this call has written to
    earlier     record;
BEGIN
    -- Taking room for all of them locks the row; what was not needed is given back below.
    UPDATE event_log.head h
    SET position = h.position + cardinality(types), recorded_at = greatest(clock_timestamp(), h.recorded_at)
    WHERE the_only
    RETURNING h.position - cardinality(types), h.recorded_at INTO last, append.recorded_at;
    outcomes := array_fill('recorded'::text, ARRAY[appends]);
    firsts := array_fill(NULL::bigint, ARRAY[appends]);
    counts := event_counts;
    stands := last_versions;

    FOR earlier IN
        SELECT sent.n, known.* FROM unnest(command_ids) WITH ORDINALITY AS sent (id, n)
        JOIN event_log.commands known ON known.command_id = sent.id
    LOOP
        fits := false;
        accepted[earlier.n] := false;
        outcomes[earlier.n] := CASE WHEN earlier.fingerprint = asked[earlier.n] THEN 'already' ELSE 'reused' END;
        firsts[earlier.n] := earlier.first_position;
        stands[earlier.n] := earlier.last_version;
        counts[earlier.n] := earlier.event_count;
    END LOOP;

    -- A stream without events may begin at version 1 (expected 0), or at 0, as the library's do.
    IF cardinality(streams) = 1 THEN
        current[1] := (SELECT e.version FROM event_log.events e WHERE e.stream_id = streams[1]
                       ORDER BY e.version DESC LIMIT 1);
        fits := fits AND coalesce(current[1], least(parts_expected[1], 0)) = parts_expected[1];
    ELSE
        SELECT array_agg(found.version ORDER BY wanted.n) INTO current
        FROM unnest(streams) WITH ORDINALITY AS wanted (id, n)
        LEFT JOIN LATERAL (
            SELECT e.version FROM event_log.events e WHERE e.stream_id = wanted.id ORDER BY e.version DESC LIMIT 1
        ) found ON true;
        fits := fits AND NOT EXISTS (
            SELECT FROM unnest(parts_stream, parts_expected) AS part (stream, expected)
            WHERE coalesce(current[part.stream], least(part.expected, 0)) <> part.expected);
    END IF;

    IF fits THEN  -- all of them, and none bears on another: nothing needs to be looked at one by one
        shifts := array_fill(last, ARRAY[appends]);
        firsts := (SELECT array_agg(last + 1 + own.start ORDER BY own.n)
                   FROM unnest(starts) WITH ORDINALITY AS own (start, n));
    ELSE
        next := last + 1;
        shifts := array_fill(0::bigint, ARRAY[appends]);
        FOR n IN 1 .. appends LOOP
            IF accepted[n] THEN
                FOR p IN part + 1 .. part + part_counts[n] LOOP
                    IF coalesce(current[parts_stream[p]], least(parts_expected[p], 0)) <> parts_expected[p] THEN
                        accepted[n] := false;
                        outcomes[n] := 'conflict';
                        stands[n] := coalesce(current[parts_stream[p]], 0);
                    END IF;
                END LOOP;
                IF accepted[n] AND evidence_through[n] >= 0 AND (
                    case_ids[n] = ANY (touched) OR EXISTS (
                        SELECT FROM event_log.events e
                        WHERE e.case_id = case_ids[n] AND e.position > evidence_through[n])
                ) THEN
                    accepted[n] := false;
                    outcomes[n] := 'evidence-moved';
                    stands[n] := coalesce(current[parts_stream[part + 1]], 0);
                END IF;
                IF accepted[n] THEN
                    FOR p IN part + 1 .. part + part_counts[n] LOOP
                        current[parts_stream[p]] := parts_expected[p] + parts_count[p];
                    END LOOP;
                    touched := touched || case_ids[n];
                    firsts[n] := next;
                    shifts[n] := next - 1 - starts[n];
                    next := next + event_counts[n];
                ELSE
                    counts[n] := 0;
                END IF;
            END IF;
            part := part + part_counts[n];
        END LOOP;
        UPDATE event_log.head SET position = next - 1 WHERE the_only;
        IF next - 1 = last THEN
            RETURN;
        END IF;
    END IF;

    IF cardinality(types) = 1 THEN  -- the most usual call by far, and turning arrays into rows is half its cost
        INSERT INTO event_log.events (
            position, stream_id, version, recorded_at, type, body, event_id, category, case_id, command_id,
            schema_version, occurred_at, is_decision)
        VALUES (firsts[1], streams[1], versions[1], append.recorded_at, types[1], bodies[1], event_ids[1],
                categories[1], case_ids[1], command_ids[1], schema_versions[1], occurred_ats[1], are_decisions[1]);
        INSERT INTO event_log.commands (command_id, fingerprint, stream_id, first_position, last_version, event_count)
        VALUES (command_ids[1], append.asked[1], streams[1], firsts[1], stands[1], 1);
    ELSE
        INSERT INTO event_log.events (
            position, stream_id, version, recorded_at, type, body, event_id, category, case_id, command_id,
            schema_version, occurred_at, is_decision)
        SELECT shifts[e.append] + e.n, streams[e.stream], e.version, append.recorded_at, e.type, e.body, e.event_id,
               categories[e.stream], case_ids[e.append], command_ids[e.append], e.schema_version, e.occurred_at, e.is_decision
        FROM unnest(events_append, events_stream, versions, types, bodies, event_ids, schema_versions, occurred_ats,
                    are_decisions)
             WITH ORDINALITY AS e (append, stream, version, type, body, event_id, schema_version, occurred_at, is_decision, n)
        WHERE accepted[e.append];
        INSERT INTO event_log.commands (command_id, fingerprint, stream_id, first_position, last_version, event_count)
        SELECT c.id, c.asked, streams[events_stream[firsts[c.n] - shifts[c.n] + counts[c.n] - 1]], firsts[c.n], stands[c.n],
               counts[c.n]
        FROM unnest(command_ids, append.asked) WITH ORDINALITY AS c (id, asked, n)
        WHERE accepted[c.n];
    END IF;
    NOTIFY event_log;
END $$;

-- The last position recorded at or before an instant, 0 where there is none. Times never decrease along
-- positions and positions are dense, so halving finds it without an index that every append would pay for.
CREATE FUNCTION event_log.position_at(instant timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    low  bigint := 0;
    high bigint := (SELECT position FROM event_log.head);
    middle bigint;
BEGIN
    WHILE low < high LOOP
        middle := (low + high + 1) / 2;
        IF (SELECT e.recorded_at FROM event_log.events e WHERE e.position = middle) <= instant THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END $$;
