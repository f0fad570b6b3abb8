-- Tokens by model, each call of a model once.
SELECT
    SpanAttributes['gen_ai.response.model'] AS model,
    count() AS calls,
    sum(toUInt64OrZero(SpanAttributes['gen_ai.usage.input_tokens'])) AS input,
    sum(toUInt64OrZero(SpanAttributes['gen_ai.usage.output_tokens'])) AS output
FROM otel.otel_traces FINAL
WHERE SpanAttributes['gen_ai.operation.name'] = 'chat'
GROUP BY model
ORDER BY model
