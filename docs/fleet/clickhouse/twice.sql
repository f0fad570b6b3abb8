-- How much came twice: rows that the last merge has not replaced yet.
SELECT
    (SELECT count() FROM otel.otel_traces) - (SELECT count() FROM otel.otel_traces FINAL) AS spans,
    (SELECT count() FROM otel.otel_logs) - (SELECT count() FROM otel.otel_logs FINAL) AS events
