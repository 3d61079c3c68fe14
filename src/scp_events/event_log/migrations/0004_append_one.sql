-- A lone append of one event that rests on no evidence, which is the most usual: told without arrays, which were
-- a quarter of its cost. Only where all is as it should be; whatever else there is to say is said by
-- event_log.append, in its words. Who gives rights by hand gives EXECUTE on both.
CREATE FUNCTION event_log.append_one(
    command_id uuid, asked bytea, case_id uuid, stream uuid, category text, version integer,
    type text, body bytea, event_id uuid, schema_version smallint, occurred_at timestamptz, is_decision boolean,
    OUT outcome text, OUT first bigint, OUT stands integer, OUT event_count integer, OUT recorded_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER
-- As event_log.append has them, and for the same reasons.
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_variable
DECLARE
    expected integer := version - 1;
BEGIN
    UPDATE event_log.head AS h
    SET position = h.position + 1, recorded_at = greatest(clock_timestamp(), h.recorded_at)
    WHERE h.the_only
    RETURNING h.position, h.recorded_at INTO first, recorded_at;
    IF coalesce((SELECT e.version FROM event_log.events e WHERE e.stream_id = stream
                 ORDER BY e.version DESC LIMIT 1), least(expected, 0)) = expected
       AND NOT EXISTS (SELECT FROM event_log.commands c WHERE c.command_id = append_one.command_id)
    THEN
        INSERT INTO event_log.events (
            position, stream_id, version, recorded_at, type, body, event_id, category, case_id, command_id,
            schema_version, occurred_at, is_decision)
        VALUES (first, stream, version, recorded_at, type, body, event_id, category, case_id, command_id,
                schema_version, occurred_at, is_decision);
        INSERT INTO event_log.commands (command_id, fingerprint, stream_id, first_position, last_version, event_count)
        VALUES (command_id, asked, stream, first, version, 1);
        NOTIFY event_log;
        outcome := 'recorded';
        stands := version;
        event_count := 1;
        RETURN;
    END IF;
    UPDATE event_log.head AS h SET position = h.position - 1 WHERE h.the_only;  -- nothing was recorded there
    SELECT said.outcomes[1], said.firsts[1], said.stands[1], said.counts[1], said.recorded_at
    INTO outcome, first, stands, event_count, recorded_at
    FROM event_log.append(
        ARRAY[command_id], ARRAY[asked], ARRAY[case_id], ARRAY[-1::bigint], ARRAY[1], ARRAY[0], ARRAY[version],
        ARRAY[1], ARRAY[1], ARRAY[expected], ARRAY[1], ARRAY[stream], ARRAY[category],
        ARRAY[1], ARRAY[1], ARRAY[version], ARRAY[type], ARRAY[body], ARRAY[event_id], ARRAY[schema_version],
        ARRAY[occurred_at], ARRAY[is_decision]
    ) AS said;
END $$;

REVOKE ALL ON FUNCTION event_log.append_one FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'scp_log_writer') THEN
        GRANT EXECUTE ON FUNCTION event_log.append_one TO scp_log_writer;
    END IF;
END $$;
