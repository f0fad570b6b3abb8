-- The same where the table is the exporter's own, which keeps what comes twice.
SELECT event, count() AS events
FROM (
    SELECT LogAttributes['event.name'] AS event, LogAttributes['event.id'] AS id
    FROM otel.otel_logs
    WHERE ServiceName = 'pagetap'
    LIMIT 1 BY id
)
GROUP BY event
ORDER BY events DESC, event
