//! Faults: what goes wrong on purpose, and when.

use std::fmt;
use std::str::FromStr;
use xtask::random::Random;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mishap {
    /// Refused, with seconds to wait, if any.
    Status(u16, Option<u32>),
    /// The connection is cut before anything is kept.
    Reset,
    /// Kept, and the connection is cut instead of an answer.
    Lost,
    /// Answered after so many milliseconds.
    Delay(u64),
    /// Kept, and so many said to be rejected.
    Partial(u64),
    /// 413 if the body, as sent, has more bytes.
    Larger(usize),
}

impl Mishap {
    pub(super) fn name(self) -> String {
        match self {
            Mishap::Status(code, _) => format!("status={code}"),
            Mishap::Reset => "reset".to_owned(),
            Mishap::Lost => "lost".to_owned(),
            Mishap::Delay(ms) => format!("delay={ms}"),
            Mishap::Partial(count) => format!("partial={count}"),
            Mishap::Larger(bytes) => format!("larger={bytes}"),
        }
    }
}

/// One line of `--fault`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    mishap: Mishap,
    /// Every so many requests.
    every: Option<u64>,
    /// In so many of a hundred.
    chance: Option<usize>,
    /// Only the first.
    first: Option<u64>,
    path: Option<String>,
    /// How many requests it could have happened to.
    seen: u64,
    words: String,
}

/// All that may go wrong.
pub(super) struct Faults {
    faults: Vec<Fault>,
    random: Random,
}

/// Of a request, what decides.
pub(super) struct Asked<'a> {
    pub(super) path: &'a str,
    pub(super) bytes: usize,
}

impl Faults {
    pub(super) fn new(faults: Vec<Fault>) -> Faults {
        Faults { faults, random: Random::new(0) }
    }

    /// What happens to this request.
    pub(super) fn next(&mut self, asked: &Asked) -> Option<Mishap> {
        let random = &mut self.random;
        self.faults.iter_mut().find_map(|fault| fault.next(asked, random))
    }
}

impl Fault {
    fn next(&mut self, asked: &Asked, random: &mut Random) -> Option<Mishap> {
        if self.path.as_deref().is_some_and(|path| path != asked.path) {
            return None;
        }
        if let Mishap::Larger(bytes) = self.mishap
            && asked.bytes <= bytes
        {
            return None;
        }
        self.seen += 1;
        let happens = self.every.is_none_or(|every| self.seen.is_multiple_of(every))
            && self.first.is_none_or(|first| self.seen <= first)
            && self.chance.is_none_or(|percent| random.chance(percent));
        happens.then_some(self.mishap)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.words)
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(words: &str) -> Result<Fault, String> {
        let mut mishap = None;
        let mut retry_after = None;
        let (mut every, mut chance, mut first, mut path) = (None, None, None, None);
        for word in words.split(',').map(str::trim) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            match name {
                "status" => {
                    let code = whole(name, value)?;
                    if !(400..600).contains(&code) {
                        return Err(format!("{word}: a status that refuses is 400 to 599"));
                    }
                    mishap = Some(Mishap::Status(code, None));
                }
                "reset" => mishap = Some(Mishap::Reset),
                "lost" => mishap = Some(Mishap::Lost),
                "delay" => mishap = Some(Mishap::Delay(whole(name, value)?)),
                "partial" => mishap = Some(Mishap::Partial(whole(name, value)?)),
                "larger" => mishap = Some(Mishap::Larger(whole(name, value)?)),
                "retry-after" => retry_after = Some(whole(name, value)?),
                "every" => every = Some(whole::<u64>(name, value)?.max(1)),
                "chance" => chance = Some(whole(name, value)?),
                "first" => first = Some(whole(name, value)?),
                "path" => path = Some(value.to_owned()),
                _ => return Err(format!("no word of a fault: {word}")),
            }
        }
        let mishap = match (mishap, retry_after) {
            (Some(Mishap::Status(code, _)), wait) => Mishap::Status(code, wait),
            (Some(_), Some(_)) => return Err(format!("{words}: retry-after goes with status")),
            (Some(mishap), None) => mishap,
            (None, _) => {
                let kinds = "status, reset, lost, delay, partial or larger";
                return Err(format!("{words}: what happens? {kinds}"));
            }
        };
        let words = words.to_owned();
        Ok(Fault { mishap, every, chance, first, path, seen: 0, words })
    }
}

fn whole<N: FromStr>(name: &str, value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("{name} needs a whole number, not {value:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(lines: &[&str]) -> Faults {
        Faults::new(lines.iter().map(|line| line.parse().unwrap()).collect())
    }

    fn logs(bytes: usize) -> Asked<'static> {
        Asked { path: "/v1/logs", bytes }
    }

    #[test]
    fn a_fault_happens_when_its_words_say() {
        let mut faults = faults(&["status=503,retry-after=2,every=3", "lost,first=1"]);
        let happened: Vec<Option<Mishap>> = (0..6).map(|_| faults.next(&logs(1))).collect();
        let refused = Some(Mishap::Status(503, Some(2)));
        assert_eq!(happened, [Some(Mishap::Lost), None, refused, None, None, refused]);
    }

    #[test]
    fn a_fault_of_a_path_or_a_size_leaves_the_others_alone() {
        let mut faults = faults(&["reset,path=/v1/traces", "larger=10"]);
        assert_eq!(faults.next(&logs(10)), None);
        assert_eq!(faults.next(&logs(11)), Some(Mishap::Larger(10)));
        let traces = Asked { path: "/v1/traces", bytes: 1 };
        assert_eq!(faults.next(&traces), Some(Mishap::Reset));
    }

    #[test]
    fn chances_are_near_what_was_asked_and_the_same_each_time() {
        let count = || {
            let mut faults = faults(&["reset,chance=10"]);
            (0..1000).filter(|_| faults.next(&logs(1)).is_some()).count()
        };
        assert!((60..140).contains(&count()), "{}", count());
        assert_eq!(count(), count());
    }

    #[test]
    fn words_that_mean_nothing_are_named() {
        for (words, named) in [
            ("satus=503", "satus"),
            ("status=200", "400 to 599"),
            ("every=2", "what happens"),
            ("delay=soon", "soon"),
            ("reset,retry-after=1", "goes with status"),
        ] {
            let refused = words.parse::<Fault>().unwrap_err();
            assert!(refused.contains(named), "{refused}");
        }
    }
}
