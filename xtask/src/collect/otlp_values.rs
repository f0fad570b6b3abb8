//! Values as OTLP's JSON writes them: 64-bit numbers may be text or numbers.

use super::record::number;
use serde_json::{Map, Value};

/// A record's attributes, as plain JSON.
pub(super) fn attributes(record: &Value) -> Map<String, Value> {
    let list = record.get("attributes").and_then(Value::as_array);
    let rows = list.into_iter().flatten().filter_map(|row| {
        let key = row.get("key")?.as_str()?;
        Some((key.to_owned(), plain(row.get("value")?)))
    });
    rows.collect()
}

/// One value, as plain JSON.
fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|value| value.iter().next()) else {
        return Value::Null;
    };
    let values = |inner: &Value| inner.get("values").and_then(Value::as_array).cloned();
    match kind.as_str() {
        "intValue" | "doubleValue" => number(inner).map_or(Value::Null, Value::from),
        "arrayValue" => values(inner).unwrap_or_default().iter().map(plain).collect(),
        _ => inner.clone(),
    }
}

/// A time in milliseconds; 0 is no time.
pub(super) fn ms(record: &Value, name: &str) -> Option<f64> {
    let nanoseconds = record.get(name).and_then(number)?;
    // A double holds today's nanoseconds to some 200: more than a line shows.
    (nanoseconds > 0.0).then_some((nanoseconds / 1e6 * 1e3).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_read_however_they_are_written() {
        let record = json!({ "attributes": [
            { "key": "a", "value": { "intValue": "7" } },
            { "key": "b", "value": { "intValue": 7 } },
            { "key": "c", "value": { "arrayValue": { "values": [{ "stringValue": "x" }] } } },
            { "key": "d", "value": { "boolValue": true } },
            { "key": "e", "value": {} },
            { "value": { "boolValue": true } },
        ]});
        let read = Value::Object(attributes(&record));
        assert_eq!(read, json!({ "a": 7.0, "b": 7.0, "c": ["x"], "d": true, "e": null }));
    }
}
