-- Five years of weeks of two terms, so that a warmup has something to compute.
-- name: put_comparison
INSERT INTO comparisons (slug, term_a, term_b, views, series)
SELECT 'oat-milk-vs-pea-milk', 'oat milk', 'pea milk', 10, jsonb_agg(
    jsonb_build_object('date', to_char(week, 'YYYY-MM-DD'), 'values', jsonb_build_array(60 + number % 13, 30 + number % 7))
    ORDER BY week)
FROM generate_series(current_date - 7 * 260, current_date - 7, interval '7 days') WITH ORDINALITY AS weeks (week, number)
