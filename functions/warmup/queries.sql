-- name: popular_for_forecasts
-- Viewed at all, or visited or created in the last 7 days. One condition with OR would read the whole table: here each
-- part is a range of the order of popularity and ends after :limit rows. `place` is shared by equals.
WITH found AS (
    (SELECT id, views, last_visited_at, created_at FROM comparisons
     WHERE views > 0
     ORDER BY views DESC, last_visited_at DESC NULLS LAST, created_at DESC, id DESC LIMIT :limit)
    UNION ALL
    (SELECT id, views, last_visited_at, created_at FROM comparisons
     WHERE views = 0 AND last_visited_at > now() - interval '7 days'
     ORDER BY last_visited_at DESC NULLS LAST, created_at DESC, id DESC LIMIT :limit)
    UNION ALL
    (SELECT id, views, last_visited_at, created_at FROM comparisons
     WHERE views = 0 AND last_visited_at IS NULL AND created_at > now() - interval '7 days'
     ORDER BY last_visited_at DESC NULLS LAST, created_at DESC, id DESC LIMIT :limit)
    UNION ALL
    (SELECT id, views, last_visited_at, created_at FROM comparisons
     WHERE views = 0 AND last_visited_at < created_at AND last_visited_at <= now() - interval '7 days'
       AND created_at > now() - interval '7 days'
     ORDER BY last_visited_at DESC, created_at DESC, id DESC LIMIT :limit)
), chosen AS (
    SELECT id, dense_rank() OVER (ORDER BY views DESC, last_visited_at DESC NULLS LAST, created_at DESC) AS place
    FROM found
    ORDER BY views DESC, last_visited_at DESC NULLS LAST, created_at DESC, id DESC LIMIT :limit
)
SELECT c.id, c.slug, c.term_a, c.term_b, c.timeframe, c.geo, c.data_hash, chosen.place
FROM chosen JOIN comparisons AS c USING (id)
ORDER BY chosen.place, c.id DESC

-- name: popular_for_explanations
-- Viewed ten times, or visited in the last 30 days; the visited ones with fewer views, number of views by number.
WITH found AS (
    (SELECT id, views, last_visited_at, created_at FROM comparisons
     WHERE views >= 10
     ORDER BY views DESC, last_visited_at DESC NULLS LAST, created_at DESC, id DESC LIMIT :limit)
    UNION ALL
    (SELECT visited.* FROM generate_series(0, 9) AS few CROSS JOIN LATERAL (
         SELECT id, views, last_visited_at, created_at FROM comparisons
         WHERE views = few AND last_visited_at > now() - interval '30 days'
         ORDER BY last_visited_at DESC NULLS LAST, created_at DESC, id DESC LIMIT :limit) AS visited)
), chosen AS (
    SELECT id, dense_rank() OVER (ORDER BY views DESC, last_visited_at DESC NULLS LAST, created_at DESC) AS place
    FROM found
    ORDER BY views DESC, last_visited_at DESC NULLS LAST, created_at DESC, id DESC LIMIT :limit
)
SELECT c.id, c.slug, c.term_a, c.term_b, c.timeframe, c.geo, c.data_hash, chosen.place
FROM chosen JOIN comparisons AS c USING (id)
ORDER BY chosen.place, c.id DESC

-- name: left_over
-- What a former part of the run had chosen and not come to, in its order.
SELECT c.id, c.slug, c.term_a, c.term_b, c.timeframe, c.geo, c.data_hash, chosen.place
FROM jsonb_array_elements_text(:ids::jsonb) WITH ORDINALITY AS chosen(id, place)
JOIN comparisons AS c ON c.id = chosen.id::bigint
ORDER BY chosen.place

-- name: subject
SELECT id, slug, term_a, term_b, timeframe, geo, data_hash, 1 AS place FROM comparisons WHERE slug = :slug

-- name: with_series
SELECT c.id, c.slug, c.term_a, c.term_b, c.timeframe, c.geo, c.data_hash, c.series
FROM jsonb_array_elements_text(:ids::jsonb) AS wanted(id) JOIN comparisons AS c ON c.id = wanted.id::bigint

-- name: former_counts
SELECT metadata FROM job_runs WHERE id = :id
