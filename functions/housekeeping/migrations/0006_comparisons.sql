-- Comparisons of two search terms. The shop's software writes them, their series and their popularity; the warmups only
-- read them, so that what they make in advance never looks like somebody's visit.

CREATE TABLE comparisons (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug            text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 120),
    -- Without line breaks, which part the fields of the hash below.
    term_a          text NOT NULL CHECK (length(term_a) BETWEEN 1 AND 100 AND strpos(term_a, chr(10)) = 0),
    term_b          text NOT NULL CHECK (length(term_b) BETWEEN 1 AND 100 AND strpos(term_b, chr(10)) = 0),
    timeframe       text NOT NULL DEFAULT 'today 5-y' CHECK (length(timeframe) <= 60 AND strpos(timeframe, chr(10)) = 0),
    geo             text NOT NULL DEFAULT '' CHECK (length(geo) <= 60 AND strpos(geo, chr(10)) = 0),
    -- [{"date": "2026-11-22", "values": [61, 40]}, …], a value for each term or null. What is in the list is not checked
    -- here: it comes from elsewhere, and the warmups say of each comparison what is wrong with it.
    series          jsonb NOT NULL DEFAULT '[]' CHECK (
                        CASE WHEN jsonb_typeof(series) = 'array' THEN jsonb_array_length(series) <= 10000 ELSE false END),
    data_hash       text NOT NULL GENERATED ALWAYS AS
                    (md5(term_a || chr(10) || term_b || chr(10) || timeframe || chr(10) || geo || chr(10) || series::text)) STORED,
    views           bigint NOT NULL DEFAULT 0 CHECK (views >= 0),
    last_visited_at timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);

-- The order of popularity: each part of the warmups' selection is a range of it, read from its beginning and no further.
CREATE INDEX comparisons_popularity
    ON comparisons (views DESC, last_visited_at DESC NULLS LAST, created_at DESC, id DESC);
-- Visited before it was created: what an import may leave. A few rows, if any, that the order above does not find.
CREATE INDEX comparisons_imported
    ON comparisons (last_visited_at DESC, created_at DESC, id DESC) WHERE views = 0 AND last_visited_at < created_at;
