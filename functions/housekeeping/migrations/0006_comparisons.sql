-- Comparisons of two search terms. The shop's software writes them, their series and their popularity; the warmups only
-- read them, so that what they make in advance never looks like somebody's visit.

CREATE TABLE comparisons (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug            text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 120),
    term_a          text NOT NULL CHECK (length(term_a) BETWEEN 1 AND 100),
    term_b          text NOT NULL CHECK (length(term_b) BETWEEN 1 AND 100),
    timeframe       text NOT NULL DEFAULT 'today 5-y',
    geo             text NOT NULL DEFAULT '',
    -- [{"date": "2026-11-22", "values": [61, 40]}, …], a value for each term or null.
    series          jsonb NOT NULL DEFAULT '[]',
    data_hash       text NOT NULL GENERATED ALWAYS AS
                    (md5(term_a || chr(10) || term_b || chr(10) || timeframe || chr(10) || geo || chr(10) || series::text)) STORED,
    views           bigint NOT NULL DEFAULT 0 CHECK (views >= 0),
    last_visited_at timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);
