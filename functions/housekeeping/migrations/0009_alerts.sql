-- What people are told when something goes wrong: one message a change of state, through an outbox, so that none is lost
-- and none comes twice.

-- One row for each thing that can be well or not; `key` names it, such as puppet:batch-failures.
CREATE TABLE alert_states (
    key        text PRIMARY KEY,
    is_open    boolean NOT NULL DEFAULT false,
    -- When the state as it is now began.
    since      timestamptz NOT NULL DEFAULT now(),
    -- How often in a row it was found bad; it opens where a limit is reached.
    in_row     integer NOT NULL DEFAULT 0,
    -- The last changes of state, and since when there were too many of them to tell each.
    changes    timestamptz[] NOT NULL DEFAULT '{}',
    flaps_since timestamptz,
    -- When a message about it was last written.
    told_at    timestamptz,
    -- What was found last: title, details, job, run.
    facts      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX alert_states_to_remind ON alert_states (told_at) WHERE is_open OR flaps_since IS NOT NULL;

-- The outbox: pending → sending → sent | failed | doubtful, and pending → dropped.
CREATE TABLE alerts (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key           text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('opened', 'recovered', 'reminder', 'flapping', 'settled')),
    -- As it was when the message was written; `since` is when the state that it tells of, or that ended, began.
    facts         jsonb NOT NULL,
    is_open       boolean NOT NULL,
    since         timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'pending'
                  CHECK (state IN ('pending', 'sending', 'sent', 'failed', 'doubtful', 'dropped')),
    attempts      smallint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz,
    ended_at      timestamptz,
    error         text
);
CREATE INDEX alerts_open ON alerts (id) WHERE state IN ('pending', 'sending');
CREATE INDEX alerts_age ON alerts (created_at) WHERE state NOT IN ('pending', 'sending');

-- One row for each way out: when the next message may leave, and why none does any more. `fingerprint` is that of the
-- address that was refused for good: a new address is tried again.
CREATE TABLE alert_channels (
    name         text PRIMARY KEY,
    next_at      timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz,
    disabled_at  timestamptz,
    reason       text,
    fingerprint  text
);
INSERT INTO alert_channels (name) VALUES ('slack');

-- Takes note of what was found, thing by thing, and writes a message where its state changes. The order of keys keeps two
-- that note the same things from waiting for each other.
CREATE FUNCTION note_alerts(signals jsonb, flapping_changes integer, flapping_within interval) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    signal record;
    known  alert_states;
    opens  boolean;
    flaps  boolean;
BEGIN
    FOR signal IN
        SELECT f.key, f.is_bad, f.after, f.facts
        FROM jsonb_to_recordset(signals) AS f(key text, is_bad boolean, after integer, facts jsonb) ORDER BY f.key
    LOOP
        INSERT INTO alert_states (key, facts) VALUES (signal.key, signal.facts) ON CONFLICT DO NOTHING;
        SELECT * INTO known FROM alert_states AS s WHERE s.key = signal.key FOR UPDATE;
        known.in_row := CASE WHEN signal.is_bad THEN known.in_row + 1 ELSE 0 END;
        opens := known.in_row >= signal.after OR known.is_open AND signal.is_bad;
        IF opens = known.is_open THEN
            -- Well all along is no news, and nothing to write down; the facts are those of the last trouble.
            UPDATE alert_states AS s
            SET in_row = known.in_row, facts = CASE WHEN signal.is_bad THEN signal.facts ELSE s.facts END
            WHERE s.key = signal.key AND (signal.is_bad OR s.in_row > 0);
            CONTINUE;
        END IF;
        known.changes := known.changes[greatest(1, cardinality(known.changes) - flapping_changes + 2):] || now();
        flaps := cardinality(known.changes) >= flapping_changes AND known.changes[1] > now() - flapping_within;
        IF known.flaps_since IS NULL THEN
            INSERT INTO alerts (key, kind, facts, is_open, since)
            VALUES (signal.key, CASE WHEN flaps THEN 'flapping' WHEN opens THEN 'opened' ELSE 'recovered' END,
                    CASE WHEN opens THEN signal.facts ELSE known.facts END, opens,
                    CASE WHEN flaps THEN known.changes[1] WHEN opens THEN now() ELSE known.since END);
        END IF;
        UPDATE alert_states AS s
        SET is_open = opens, since = now(), in_row = known.in_row, changes = known.changes,
            flaps_since = CASE WHEN known.flaps_since IS NULL AND flaps THEN now() ELSE known.flaps_since END,
            told_at = CASE WHEN known.flaps_since IS NULL THEN now() ELSE known.told_at END,
            facts = CASE WHEN opens THEN signal.facts ELSE known.facts END
        WHERE s.key = signal.key;
    END LOOP;
END
$$;
