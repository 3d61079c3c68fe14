-- One call appends one command's events, or says why not. The head row is locked for as long as the call
-- takes and never across a client's round trip, so positions are dense, without gaps, and in commit order.

CREATE TYPE event_log.new_event AS (
    version integer, type text, body bytea, event_id uuid, schema_version smallint,
    occurred_at timestamptz, is_decision boolean
);

-- outcome: 'recorded', 'already' (this command was answered before: here is that answer), 'reused' (the
-- command id names another command), 'conflict' (the stream has moved on) or 'evidence-moved' (the case has
-- moved on since the evidence was gathered). `version` is the stream's version now.
CREATE TYPE event_log.answer AS (
    outcome text, stream_id uuid, first_position bigint, version integer, event_count integer, recorded_at timestamptz
);

CREATE FUNCTION event_log.append(
    command uuid, asked bytea, category text, stream uuid, of_case uuid, events event_log.new_event[],
    evidence_through bigint
) RETURNS event_log.answer LANGUAGE plpgsql AS $$
DECLARE
    last     event_log.head;
    earlier  event_log.commands;
    added    integer := cardinality(events);
    expected integer := events[1].version - 1;
    current  integer;
    now_at   timestamptz;
BEGIN
    SELECT * INTO last FROM event_log.head FOR UPDATE;

    SELECT * INTO earlier FROM event_log.commands WHERE command_id = command;
    IF FOUND THEN
        RETURN ROW(CASE WHEN earlier.fingerprint = asked THEN 'already' ELSE 'reused' END,
                earlier.stream_id, earlier.first_position, earlier.last_version, earlier.event_count,
                (SELECT e.recorded_at FROM event_log.events e WHERE e.position = earlier.first_position))::event_log.answer;
    END IF;

    SELECT coalesce(max(e.version), 0) INTO current FROM event_log.events e WHERE e.stream_id = stream;
    IF current <> expected THEN
        RETURN ROW('conflict', stream, NULL, current, 0, NULL)::event_log.answer;
    END IF;

    IF evidence_through IS NOT NULL AND EXISTS (
        SELECT FROM event_log.events e WHERE e.case_id = of_case AND e.position > evidence_through
    ) THEN
        RETURN ROW('evidence-moved', stream, NULL, current, 0, NULL)::event_log.answer;
    END IF;

    now_at := greatest(clock_timestamp(), last.recorded_at);
    INSERT INTO event_log.events (
        position, stream_id, version, recorded_at, type, body, event_id, category, case_id, command_id,
        schema_version, occurred_at, is_decision)
    SELECT last.position + n.ordinality, stream, n.version, now_at, n.type, n.body, n.event_id, category, of_case,
           command, n.schema_version, n.occurred_at, n.is_decision
    FROM unnest(events) WITH ORDINALITY AS n;
    INSERT INTO event_log.commands VALUES (command, asked, stream, last.position + 1, expected + added, added);
    UPDATE event_log.head SET position = last.position + added, recorded_at = now_at;
    NOTIFY event_log;
    RETURN ROW('recorded', stream, last.position + 1, expected + added, added, now_at)::event_log.answer;
END $$;
