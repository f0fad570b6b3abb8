//! The words for what an event may do, in the vocabulary of its dialect.

use crate::dialect::{Act, Agent, Dialect, EventRule, Grammar, Query, Row, Rpc};

/// An act's word, and the act if the word alone says it: in the words of whoever
/// reads the dialect's records.
pub(super) fn act_at(dialect: &Dialect, at: usize) -> Option<(&'static str, Option<Act>)> {
    if dialect.grammar == Grammar::Blocks {
        let entry = Act::WORDS.get(at)?;
        return Some((sayable(entry)?, entry.1));
    }
    let Some(at) = at.checked_sub(2) else {
        return [("Ignore", Some(Act::Ignore)), ("Emit", None)].get(at).copied();
    };
    let own = |rule: &&EventRule| matches!(rule.act, Act::Agent(_) | Act::Query(_) | Act::Rpc(_));
    let row = |at: usize| Row::WORDS.get(at).map(|(word, one)| (*word, one.map(Act::Row)));
    // Whoever reads agents and queries leaves rows to others.
    match dialect.events.iter().find(own).map(|rule| rule.act) {
        Some(Act::Agent(_)) => match Agent::WORDS.get(at) {
            Some((word, one)) => Some((word, one.map(Act::Agent))),
            None => row(at - Agent::WORDS.len()),
        },
        Some(Act::Query(_)) => match Query::WORDS.get(at) {
            Some((word, one)) => Some((word, one.map(Act::Query))),
            None => row(at - Query::WORDS.len()),
        },
        Some(_) => Rpc::WORDS.get(at).map(|(word, one)| (*word, one.map(Act::Rpc))),
        None => row(at),
    }
}

/// The word of an enum's variant, if a word says it.
pub(super) fn sayable<T>((name, one): &(&'static str, Option<T>)) -> Option<&'static str> {
    Some(if one.is_some() || *name == "Emit" { name } else { "" })
}
