//! What the tests of a page came to, and where that differs.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The page itself, among its tests.
pub(super) const PAGE: &str = "(the page)";

/// How one test ended.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(super) struct End {
    pub(super) status: String,
    pub(super) message: String,
}

/// How all tests of a page ended, once.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Outcome(BTreeMap<String, End>);

/// What the driver says: numbers of testharness.js.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Answer {
    Lost { lost: String },
    Ended { harness: (usize, Option<String>), tests: Vec<(String, usize, Option<String>)> },
}

const TEST: [&str; 5] = ["PASS", "FAIL", "TIMEOUT", "NOTRUN", "PRECONDITION_FAILED"];
const HARNESS: [&str; 4] = ["OK", "ERROR", "TIMEOUT", "PRECONDITION_FAILED"];

impl End {
    fn new(status: &str, message: impl Into<String>) -> End {
        End { status: status.to_owned(), message: message.into() }
    }

    fn numbered(names: &[&str], status: usize, message: Option<String>) -> End {
        End::new(names.get(status).unwrap_or(&"UNKNOWN"), message.unwrap_or_default())
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Outcome {
        let (harness, tests) = match answer {
            Answer::Lost { lost } => (End::new("LOST", lost), Vec::new()),
            Answer::Ended { harness: (status, message), tests } => {
                (End::numbered(&HARNESS, status, message), tests)
            }
        };
        let mut ends = BTreeMap::from([(PAGE.to_owned(), harness)]);
        for (name, status, message) in tests {
            let mut unique = name.clone();
            while ends.contains_key(&unique) {
                unique.push_str(" (again)");
            }
            ends.insert(unique, End::numbered(&TEST, status, message));
        }
        Outcome(ends)
    }
}

impl Outcome {
    /// Tests, without the page; and how many of them pass.
    pub(super) fn counts(&self) -> (usize, usize) {
        let passing = self.0.values().filter(|end| end.status == "PASS").count();
        (self.0.len().saturating_sub(1), passing)
    }

    pub(super) fn is_lost(&self) -> bool {
        self.0.get(PAGE).is_some_and(|end| end.status == "LOST")
    }

    fn end(&self, name: &str) -> End {
        self.0.get(name).cloned().unwrap_or_else(|| End::new("ABSENT", ""))
    }
}

/// The same page, run as often as it took.
#[derive(Default, Serialize)]
pub(super) struct Rounds {
    pub(super) plain: Vec<Outcome>,
    pub(super) tapped: Vec<Outcome>,
}

/// What is to be said of a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Every time.
    Differs,
    /// It ends now so, now so.
    Unsteady,
}

impl Rounds {
    /// Tests of which there is something to say.
    pub(super) fn verdicts(&self) -> Vec<(&str, Verdict)> {
        let all = self.plain.iter().chain(&self.tapped);
        let names: BTreeSet<&str> =
            all.flat_map(|outcome| outcome.0.keys().map(String::as_str)).collect();
        let judged = |name| {
            let (plain, tapped) = self.ends(name);
            Some((name, verdict(&plain, &tapped)?))
        };
        names.into_iter().filter_map(judged).collect()
    }

    /// Whether another round could say more.
    pub(super) fn may_differ(&self) -> bool {
        self.verdicts().iter().any(|(_, verdict)| *verdict == Verdict::Differs)
    }

    /// How a test ended, each time.
    pub(super) fn ends(&self, name: &str) -> (Vec<End>, Vec<End>) {
        let ends = |outcomes: &[Outcome]| -> Vec<End> {
            outcomes.iter().map(|outcome| outcome.end(name)).collect()
        };
        (ends(&self.plain), ends(&self.tapped))
    }
}

fn verdict(plain: &[End], tapped: &[End]) -> Option<Verdict> {
    let statuses =
        |ends: &[End]| -> BTreeSet<String> { ends.iter().map(|end| end.status.clone()).collect() };
    let (without, with) = (statuses(plain), statuses(tapped));
    if without.is_disjoint(&with) {
        return Some(Verdict::Differs);
    }
    if without.len() > 1 || with.len() > 1 {
        return Some(Verdict::Unsteady);
    }
    // What fails in the same way every time, but in another way with a tap. Words that are never
    // the same, such as those with a random name, say nothing.
    let words = |ends: &[End]| -> BTreeSet<End> { ends.iter().cloned().collect() };
    let (without, with) = (words(plain), words(tapped));
    (without.len() == 1 && with.len() == 1 && without != with).then_some(Verdict::Differs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, status, message.
    type Test = (&'static str, usize, &'static str);

    fn outcome(tests: &[Test]) -> Outcome {
        let tests = tests.iter().map(|(name, status, message)| {
            ((*name).to_owned(), *status, Some((*message).to_owned()))
        });
        Answer::Ended { harness: (0, None), tests: tests.collect() }.into()
    }

    fn verdicts(rounds: &[(&[Test], &[Test])]) -> Vec<(String, Verdict)> {
        let rounds = Rounds {
            plain: rounds.iter().map(|(plain, _)| outcome(plain)).collect(),
            tapped: rounds.iter().map(|(_, tapped)| outcome(tapped)).collect(),
        };
        let said = rounds.verdicts().into_iter();
        said.map(|(name, verdict)| (name.to_owned(), verdict)).collect()
    }

    fn one(verdict: Verdict) -> Vec<(String, Verdict)> {
        vec![("a".to_owned(), verdict)]
    }

    #[test]
    fn what_ends_in_the_same_way_is_not_said() {
        assert_eq!(
            verdicts(&[(&[("a", 0, ""), ("b", 1, "x")], &[("a", 0, ""), ("b", 1, "x")])]),
            []
        );
    }

    #[test]
    fn a_difference_is_there_every_time() {
        let rounds: &[(&[Test], &[Test])] = &[(&[("a", 0, "")], &[("a", 1, "x")])];
        assert_eq!(verdicts(rounds), one(Verdict::Differs));
        let rounds: &[(&[Test], &[Test])] =
            &[(&[("a", 0, "")], &[("a", 1, "x")]), (&[("a", 0, "")], &[("a", 2, "")])];
        assert_eq!(verdicts(rounds), one(Verdict::Differs));
    }

    #[test]
    fn what_passes_once_with_a_tap_is_unsteady() {
        let rounds: &[(&[Test], &[Test])] =
            &[(&[("a", 0, "")], &[("a", 1, "x")]), (&[("a", 0, "")], &[("a", 0, "")])];
        assert_eq!(verdicts(rounds), one(Verdict::Unsteady));
    }

    #[test]
    fn a_test_that_is_missing_differs() {
        assert_eq!(verdicts(&[(&[("a", 0, "")], &[])]), one(Verdict::Differs));
        let lost = Rounds {
            plain: vec![outcome(&[])],
            tapped: vec![Answer::Lost { lost: "crash".to_owned() }.into()],
        };
        assert_eq!(lost.verdicts(), [(PAGE, Verdict::Differs)]);
    }

    #[test]
    fn other_words_differ_unless_they_always_do() {
        let rounds: &[(&[Test], &[Test])] = &[(&[("a", 1, "got 1")], &[("a", 1, "got 2")])];
        assert_eq!(verdicts(rounds), one(Verdict::Differs));
        let rounds: &[(&[Test], &[Test])] = &[
            (&[("a", 1, "id 1")], &[("a", 1, "id 2")]),
            (&[("a", 1, "id 3")], &[("a", 1, "id 4")]),
        ];
        assert_eq!(verdicts(rounds), []);
    }

    #[test]
    fn tests_of_one_name_are_counted_each() {
        let twice = outcome(&[("a", 0, ""), ("a", 1, "x")]);
        assert_eq!(twice.counts(), (2, 1));
    }

    #[test]
    fn answers_are_read() {
        let read = |text| Outcome::from(serde_json::from_str::<Answer>(text).unwrap());
        let text = r#"{"harness":[0,null],"tests":[["a",0,null],["b",1,"why"]]}"#;
        assert_eq!(read(text), outcome(&[("a", 0, ""), ("b", 1, "why")]));
        assert!(read(r#"{"lost":"the page crashed"}"#).is_lost());
    }
}
