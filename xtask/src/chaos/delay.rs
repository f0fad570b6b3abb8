//! How long an event is in memory alone: from the page's task in which it was told until
//! the log has acknowledged it. What a crash takes is what is in there.

use super::journal::Journal;
use super::stored::Stored;
use std::collections::HashMap;

/// Milliseconds, in order.
pub(super) fn delays(journal: &Journal, stored: &Stored) -> Vec<u64> {
    let heard: HashMap<(&str, u64), u64> =
        journal.heard.iter().map(|event| ((event.page.as_str(), event.seq), event.at)).collect();
    let delay = |id: &str, (page, seq): &(String, u64)| {
        let logged = journal.logged.get(id)?;
        Some(logged.saturating_sub(*heard.get(&(page.as_str(), *seq))?))
    };
    let arrivals = stored.0.iter().filter(|one| !one.is_again);
    let delays = arrivals.filter_map(|one| delay(one.id.as_deref()?, one.event.as_ref()?));
    let mut delays: Vec<u64> = delays.collect();
    delays.sort_unstable();
    delays
}

/// The one that so many of a thousand are not above.
pub(super) fn quantile(sorted: &[u64], of_thousand: usize) -> u64 {
    let at = (sorted.len() * of_thousand / 1000).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::stored::arrival;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_delay_is_from_the_event_to_the_first_word_of_the_log() {
        let mut journal = Journal::default();
        for line in [
            json!({ "at": 100, "page": "p", "heard": ["Stop", 1, null] }),
            json!({ "at": 115, "page": "p", "logged": ["4/0a"] }),
            json!({ "at": 900, "page": "q", "logged": ["4/0a"] }),
        ] {
            journal.add(&line);
        }
        let line = json!({ "signal": "event", "id": "0a", "name": "Stop", "body": { "conversationId": "p", "seq": 1 } });
        assert_eq!(delays(&journal, &Stored(vec![arrival(&line)])), [15]);
    }

    #[test]
    fn quantiles_are_of_what_is_there() {
        let sorted: Vec<u64> = (1..=100).collect();
        assert_eq!([500, 990, 1000].map(|of| quantile(&sorted, of)), [51, 100, 100]);
        assert_eq!(quantile(&[], 500), 0);
    }
}
