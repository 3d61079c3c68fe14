-- A lone append of one event, which is the most usual: told without arrays, which were a quarter of its cost. Only
-- where all is as it should be; whatever else there is to say is said by event_log.append, in its words. Who gives
-- rights by hand gives EXECUTE on both.
CREATE FUNCTION event_log.append_one(
    command_id uuid, asked bytea, excluded text, since bigint,
    stream uuid, category text, case_id uuid, version integer, type text, body bytea, event_id uuid,
    schema_version smallint, occurred_at timestamptz, "precision" text, is_decision boolean,
    OUT outcome text, OUT first bigint, OUT recorded_at timestamptz, OUT contended uuid
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
    RETURNING h.position, h.recorded_at,
              CASE WHEN h.contended_at > clock_timestamp() - interval '100 ms' THEN h.contended END
    INTO first, recorded_at, contended;
    IF coalesce((SELECT e.version FROM event_log.events e WHERE e.stream_id = stream
                 ORDER BY e.version DESC LIMIT 1), least(expected, 0)) = expected
       AND NOT EXISTS (SELECT FROM event_log.commands c WHERE c.command_id = append_one.command_id)
       AND NOT EXISTS (SELECT FROM event_log.events e
                       WHERE coalesce(e.case_id, e.stream_id) = coalesce(append_one.case_id, stream) AND e.position > since
                       AND e.type = ANY (string_to_array(excluded, ',')))
    THEN
        INSERT INTO event_log.events (
            position, stream_id, version, recorded_at, type, body, event_id, category, case_id, command_id,
            schema_version, occurred_at, precision, is_decision)
        VALUES (first, stream, version, recorded_at, type, body, event_id, category, case_id, command_id,
                schema_version, coalesce(occurred_at, recorded_at), "precision", is_decision);
        INSERT INTO event_log.commands (command_id, fingerprint, first_position, event_count)
        VALUES (command_id, asked, first, 1);
        NOTIFY event_log;
        outcome := 'recorded';
        RETURN;
    END IF;
    UPDATE event_log.head AS h SET position = h.position - 1 WHERE h.the_only;  -- nothing was recorded there
    SELECT said.outcomes[1], said.firsts[1], said.recorded_at
    INTO outcome, first, recorded_at
    FROM event_log.append(
        ARRAY[command_id], ARRAY[asked], ARRAY[0], ARRAY[1], ARRAY[CASE WHEN excluded IS NULL THEN 0 ELSE 1 END],
        ARRAY[excluded], ARRAY[coalesce(case_id, stream)], ARRAY[1], ARRAY[since],
        ARRAY[stream], ARRAY[1], ARRAY[expected], ARRAY[category], ARRAY[case_id],
        ARRAY[1], ARRAY[1], ARRAY[version], ARRAY[type], ARRAY[body], ARRAY[event_id], ARRAY[schema_version],
        ARRAY[occurred_at], ARRAY["precision"], ARRAY[is_decision]
    ) AS said;
END $$;
