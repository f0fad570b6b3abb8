-- Tools: how often, how often in vain, how long (milliseconds, median).
SELECT
    SpanAttributes['gen_ai.tool.name'] AS tool,
    count() AS calls,
    countIf(SpanAttributes['error.type'] != '') AS failed,
    round(quantile(0.5)(Duration) / 1000000) AS median_ms
FROM otel.otel_traces FINAL
WHERE SpanAttributes['gen_ai.operation.name'] = 'execute_tool'
GROUP BY tool
ORDER BY calls DESC, tool
