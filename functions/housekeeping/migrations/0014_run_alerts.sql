-- Takes note of how a run ended, under the key job:<name>, in the transaction that ends it. A failure tells people where it is
-- the limit's in a row; at once where nothing but people can mend it, and where most of what a run did failed: of one or two
-- items that fails shows nothing. Only runs that do all of a job's work tell how the job is. Answers whether a message waits.
CREATE FUNCTION note_run_end(
    ended job_runs, title text, is_critical boolean, after integer, flapping_changes integer, flapping_within interval
) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    alert  text := 'job:' || ended.job;
    fails  boolean := ended.status IN ('failed', 'lost');
    mostly boolean := ended.failed >= 3 AND ended.failed > ended.processed;
    since  timestamptz := ended.created_at;
    times  bigint := 0;
    why    text := coalesce(ended.error_class || ': ' || ended.error, ended.errors ->> 0);
BEGIN
    IF ended.status = 'skipped' OR NOT (ended.is_whole OR ended.trigger = 'schedule') THEN
        RETURN FALSE;
    END IF;
    IF fails THEN
        SELECT least(since, min(r.created_at)), count(*) INTO since, times
        FROM job_runs AS r
        WHERE r.job = ended.job AND r.status IN ('failed', 'lost') AND r.id <> ended.id
          AND r.created_at > coalesce((
              SELECT g.created_at FROM job_runs AS g WHERE g.job = ended.job AND g.status = 'succeeded' AND g.id <> ended.id
              ORDER BY g.created_at DESC, g.id DESC LIMIT 1), '-infinity');
    ELSIF NOT mostly AND NOT EXISTS (SELECT FROM alert_states AS s WHERE s.key = alert AND (s.is_open OR s.in_row > 0)) THEN
        -- Well all along.
        RETURN FALSE;
    END IF;
    PERFORM note_alerts(jsonb_build_array(jsonb_build_object(
        'key', alert, 'is_bad', fails OR mostly, 'after', CASE WHEN mostly OR is_critical THEN 1 ELSE after END,
        'facts', jsonb_build_object(
            'title', title || CASE WHEN fails THEN ': its runs fail' ELSE ': most of what it does fails' END,
            'job', ended.job, 'run_id', ended.id,
            'details', jsonb_build_array(
                jsonb_build_array('What', CASE WHEN NOT fails THEN 'A run ended, most of its items failed'
                                               WHEN times = 0 THEN 'A run failed'
                                               ELSE concat(times + 1, ' runs in a row failed') END),
                jsonb_build_array('Since', to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'),
                jsonb_build_array('Why', coalesce(why, 'not known')),
                jsonb_build_array('Touched', concat(ended.processed, ' done, ', ended.failed, ' failed'))
            )))), flapping_changes, flapping_within);
    RETURN EXISTS (SELECT FROM alerts AS a WHERE a.key = alert AND a.state = 'pending');
END
$$;
