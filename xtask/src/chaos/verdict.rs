//! The judge of a run: what was acknowledged against what arrived.

use super::journal::Journal;
use super::stored::Stored;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Lines of one kind that are shown; the files have all.
const SHOWN: usize = 20;

/// What came of it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Verdict {
    /// Acknowledged by the log, and never received.
    pub(super) missing: Vec<String>,
    /// Different ids that were received.
    pub(super) arrived: usize,
    /// Of those, the ones whose acknowledgement nobody heard.
    pub(super) unheard: usize,
    /// Received once more, by the same id.
    pub(super) again: usize,
    /// The same thing under several ids.
    pub(super) renamed: Vec<String>,
    /// One id for several things.
    pub(super) reused: Vec<String>,
    /// Hook events that no log had, by how their page ended.
    pub(super) lost: BTreeMap<String, usize>,
    /// Hook events that were heard, of the names that are exported.
    pub(super) heard: usize,
    /// Pages that say they wrote more than was seen to be written.
    blind: Vec<String>,
    /// Pages of which it is known that they lived to the end, and lost something.
    careless: usize,
    is_settled: bool,
    left: u64,
    dead: u64,
}

impl Verdict {
    pub(super) fn of(journal: &Journal, stored: &Stored) -> Verdict {
        let ids: HashSet<&str> = stored.0.iter().filter_map(|one| one.id.as_deref()).collect();
        let missing: BTreeSet<&String> =
            journal.logged.keys().filter(|id| !ids.contains(id.as_str())).collect();
        let named = || {
            let arrivals = stored.0.iter();
            arrivals.filter_map(|one| Some((one.id.as_deref()?, one.what.as_deref()?)))
        };
        let mut verdict = Verdict {
            missing: missing.into_iter().cloned().collect(),
            arrived: ids.len(),
            unheard: ids.iter().filter(|id| !journal.logged.contains_key(**id)).count(),
            again: stored.0.iter().filter(|one| one.is_again).count(),
            renamed: several(named().map(|(id, what)| (what, id))),
            reused: several(named()),
            is_settled: journal.settled_ms.is_some(),
            left: journal.left,
            dead: journal.dead,
            ..Verdict::default()
        };
        verdict.count_lost(journal, stored);
        let wrote = |page: &str| journal.logged_by.get(page).copied().unwrap_or_default();
        let is_blind =
            |page: &str, logged: u64| wrote(page) < logged && !journal.in_memory.contains(page);
        let blind = journal.lived.iter().filter(|(page, logged)| is_blind(page, **logged));
        verdict.blind = blind
            .map(|(page, logged)| format!("{page} wrote {logged}, {} were seen", wrote(page)))
            .collect();
        verdict
    }

    /// What never got as far as the log. Which events a format tells is seen by what
    /// arrived.
    fn count_lost(&mut self, journal: &Journal, stored: &Stored) {
        let events = stored.0.iter().filter_map(|one| one.event.as_ref());
        let arrived: HashSet<(&str, u64)> =
            events.map(|(page, seq)| (page.as_str(), *seq)).collect();
        let has_arrived =
            |event: &super::journal::Heard| arrived.contains(&(event.page.as_str(), event.seq));
        let told: HashSet<&str> = journal
            .heard
            .iter()
            .filter(|event| has_arrived(event))
            .map(|event| event.name.as_str())
            .collect();
        for event in journal.heard.iter().filter(|event| told.contains(event.name.as_str())) {
            self.heard += 1;
            if has_arrived(event) {
                continue;
            }
            let how = match journal.ended.get(&event.page) {
                Some(how) => how.as_str(),
                None if journal.lived.contains_key(&event.page) => {
                    self.careless += 1;
                    "nothing"
                }
                None => "back",
            };
            *self.lost.entry(how.to_owned()).or_default() += 1;
        }
    }

    /// Why the run has failed, in sentences; none if it has not.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut list = |what: &str, all: &[String]| {
            if all.is_empty() {
                return;
            }
            faults.push(format!("{} {what}:", all.len()));
            faults.extend(all.iter().take(SHOWN).map(|one| format!("  {one}")));
        };
        list("that the log had acknowledged are missing", &self.missing);
        list("came under several ids", &self.renamed);
        list("ids were given twice", &self.reused);
        list("pages wrote what was not seen to be written", &self.blind);
        if self.careless > 0 {
            faults.push(format!("{} events were lost by pages that lived", self.careless));
        }
        if !self.is_settled || self.left > 0 {
            faults.push(format!("something still waited at the end: {} in the log", self.left));
        }
        if self.dead > 0 {
            faults.push(format!("{} were set aside, and nothing was wrong with them", self.dead));
        }
        if self.arrived == 0 {
            faults.push("nothing arrived: this proves nothing".to_owned());
        }
        faults
    }
}

/// Keys with more than one value.
fn several<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut values: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (key, value) in pairs {
        values.entry(key).or_default().insert(value);
    }
    let several = values.into_iter().filter(|(_, values)| values.len() > 1);
    let mut several: Vec<String> = several
        .map(|(key, values)| {
            format!("{key}: {}", values.into_iter().collect::<Vec<_>>().join(", "))
        })
        .collect();
    several.sort();
    several
}

#[cfg(test)]
mod tests {
    use super::super::stored::arrival;
    use super::*;
    use serde_json::{Value, json};

    fn event(id: &str, seq: u64) -> Value {
        json!({ "signal": "event", "id": id, "name": "Stop", "body": { "conversationId": "p", "seq": seq } })
    }

    fn again(mut line: Value) -> Value {
        line["again"] = true.into();
        line
    }

    /// Two events, acknowledged; the page lived.
    fn seen() -> Vec<Value> {
        vec![
            json!({ "page": "p", "heard": ["Stop", 1, null] }),
            json!({ "page": "p", "heard": ["Stop", 2, null] }),
            json!({ "page": "p", "logged": ["4/0a", "4/0b"] }),
            json!({ "settled": true, "after": 5 }),
            json!({ "page": "p", "stats": { "logged": 2, "retries": 0 } }),
            json!({ "left": { "rows": 0, "dead": 0, "pages": 1 } }),
        ]
    }

    fn judged(seen: &[Value], collected: &[Value]) -> Verdict {
        let mut journal = Journal::default();
        seen.iter().for_each(|line| journal.add(line));
        Verdict::of(&journal, &Stored(collected.iter().map(arrival).collect()))
    }

    #[test]
    fn what_all_arrived_is_good_also_twice() {
        let verdict = judged(&seen(), &[event("0a", 1), event("0b", 2), again(event("0a", 1))]);
        assert_eq!(verdict.faults(), [""; 0]);
        assert_eq!((verdict.arrived, verdict.again, verdict.heard), (2, 1, 2));
    }

    #[test]
    fn what_was_acknowledged_and_is_missing_is_named() {
        let verdict = judged(&seen(), &[event("0a", 1)]);
        assert_eq!(verdict.missing, ["4/0b"]);
        assert!(verdict.faults().contains(&"  4/0b".to_owned()), "{:?}", verdict.faults());
    }

    #[test]
    fn the_same_event_under_another_id_is_no_duplicate() {
        let verdict = judged(&seen(), &[event("0a", 1), event("0b", 2), event("0c", 2)]);
        assert_eq!(verdict.renamed, ["Stop p 2: 4/0b, 4/0c"]);
        assert_eq!((verdict.again, verdict.unheard), (0, 1));
        assert!(!verdict.faults().is_empty());
        let verdict = judged(&seen(), &[event("0a", 1), event("0b", 2), again(event("0b", 3))]);
        assert_eq!(verdict.reused, ["4/0b: Stop p 2, Stop p 3"]);
        assert!(!verdict.faults().is_empty());
    }

    #[test]
    fn what_no_log_had_is_counted_by_how_its_page_ended() {
        let mut seen = seen();
        let heard = |page: &str| json!({ "page": page, "heard": ["Stop", 9, null] });
        seen.extend([heard("q"), json!({ "page": "q", "ended": "crash" })]);
        let collected = [event("0a", 1), event("0b", 2)];
        let verdict = judged(&seen, &collected);
        assert_eq!(verdict.lost, BTreeMap::from([("crash".to_owned(), 1)]));
        assert_eq!(verdict.faults(), [""; 0]);
        seen.push(heard("p"));
        let lived = judged(&seen, &collected).faults();
        assert_eq!(lived, ["1 events were lost by pages that lived"]);
    }

    #[test]
    fn what_has_no_number_is_no_event_that_can_be_lost() {
        let mut seen = seen();
        let notice =
            |page: &str| json!({ "page": page, "heard": ["Notice", null, "export_memory"] });
        seen.extend([notice("p"), notice("q"), json!({ "page": "q", "ended": "crash" })]);
        let verdict = judged(&seen, &[event("0a", 0), event("0b", 2)]);
        assert_eq!((verdict.heard, verdict.lost), (2, BTreeMap::from([("nothing".to_owned(), 1)])));
    }

    #[test]
    fn a_run_that_proves_nothing_fails() {
        assert!(!judged(&[], &[]).faults().is_empty());
        let mut blind = seen();
        blind.push(json!({ "page": "p", "stats": { "logged": 3 } }));
        let all = [event("0a", 1), event("0b", 2)];
        assert!(judged(&blind, &all).faults()[0].contains("not seen to be written"));
        blind.push(json!({ "page": "p", "heard": ["Notice", null, "export_memory"] }));
        assert_eq!(judged(&blind, &all).faults(), [""; 0], "no database is asked meanwhile");
        let mut waiting = seen();
        waiting.push(json!({ "settled": false, "after": 180_000 }));
        assert!(judged(&waiting, &all).faults()[0].contains("still waited"));
        let mut dead = seen();
        dead.push(json!({ "left": { "rows": 0, "dead": 1 } }));
        assert!(judged(&dead, &all).faults()[0].contains("set aside"));
    }
}
