//! Hook events through the exporter: what would be sent of them.

use anyhow::{Result, anyhow, ensure};
use pagetap::export::{Exporter, Signal};
use serde_json::json;

/// A piece of what the exporter made.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it is part of.
    pub signal: Signal,
    /// Its id.
    pub id: [u8; 16],
    /// It.
    pub bytes: Vec<u8>,
}

/// Reads items as they lie in the exporter's output.
///
/// # Errors
///
/// When they are torn.
pub fn items(output: &[u8]) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut rest = output;
    while let [signal, after @ ..] = rest {
        let torn = || anyhow!("an item is torn");
        let signal = Signal::of((*signal).into()).ok_or_else(torn)?;
        let (id, after) = after.split_first_chunk::<16>().ok_or_else(torn)?;
        let (length, after) = after.split_first_chunk::<4>().ok_or_else(torn)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (bytes, after) = after.split_at_checked(length).ok_or_else(torn)?;
        items.push(Item { signal, id: *id, bytes: bytes.to_vec() });
        rest = after;
    }
    Ok(items)
}

/// Bodies of items as `body` takes them.
pub fn bodies<'i>(items: impl Iterator<Item = &'i Item>) -> Vec<u8> {
    items
        .flat_map(|item| [&(item.bytes.len() as u32).to_le_bytes(), &*item.bytes].concat())
        .collect()
}

/// Of an exporter that need not be told from others.
pub const INSTANCE: &str = "00000000000000000000000000000000";

/// An exporter with these options, of all signals.
///
/// # Errors
///
/// When the options are refused.
pub fn exporter(format: &str, instance: &str, include: &[String]) -> Result<Exporter> {
    let options = json!({
        "format": format,
        "instance": instance,
        "signals": ["traces", "logs", "metrics"],
        "include": include,
    });
    Exporter::new(options.to_string().as_bytes()).map_err(|reason| anyhow!(reason))
}

/// The bodies of the requests that would send these events, JSON each.
///
/// # Errors
///
/// When the options are refused.
pub fn requests<'e>(
    format: &str,
    include: &[String],
    events: impl Iterator<Item = &'e str>,
) -> Result<Vec<String>> {
    ensure!(format != "otlp", "protobuf is nothing to read: otlp-json says the same");
    let mut exporter = exporter(format, INSTANCE, include)?;
    let mut output = Vec::new();
    let mut last = 0.0;
    for (n, event) in (1..).zip(events) {
        exporter.take(n, event.as_bytes(), &mut output);
        let event: serde_json::Value = serde_json::from_str(event)?;
        last = event.get("ts").and_then(|ts| ts.as_f64()).unwrap_or(last);
    }
    exporter.finish(last, &mut output);
    let items = items(&output)?;
    let mut requests = Vec::new();
    for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
        let of_signal = items.iter().filter(|item| item.signal == signal);
        if of_signal.clone().next().is_some() {
            let mut body = Vec::new();
            exporter.body(signal, &bodies(of_signal), &mut body);
            requests.push(String::from_utf8(body)?);
        }
    }
    for item in items.iter().filter(|item| item.signal == Signal::Event) {
        requests.push(String::from_utf8(item.bytes.clone())?.trim_end().to_owned());
    }
    Ok(requests)
}
