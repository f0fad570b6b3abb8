-- What happened, and how often: each event once.
SELECT LogAttributes['event.name'] AS event, count() AS events
FROM otel.otel_logs FINAL
WHERE ServiceName = 'pagetap'
GROUP BY event
ORDER BY events DESC, event
