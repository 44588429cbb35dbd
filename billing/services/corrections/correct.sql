-- Do what the lines of a correction say: see billing_correct (billing/migrations/0005_corrections.sql).
SELECT c.short_line, c.lacking FROM billing_correct(%(document)s, %(zone)s, %(now)s) c ORDER BY c.short_line
