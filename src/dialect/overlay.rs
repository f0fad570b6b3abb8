//! The dialects in force: those of the tables, under the rules that were added
//! to them since.
//!
//! A dialect with added rules takes the place of the one before it, its added
//! rules first; so whoever reads a table reads one table. Rules live as long as
//! the tap: records and streams that are being read hold on to them. `limits`
//! bounds what that may come to. (A build without the feature `tables` has
//! `no_tables` in its place.)

mod acts;
mod addresses;
mod apply;
mod page;
mod place;
mod read;
mod rules;
mod words;

use super::{DIALECTS, Dialect, Endpoint, endpoint};
use crate::exchange::Opening;
use crate::hook::Field;
use alloc::vec::Vec;

/// Fields that no rule may set: they are a promise of every payload, or not of
/// hook events.
pub const RESERVED: &[Field] = &[
    Field::Address,
    Field::Blocking,
    Field::ConversationId,
    Field::Dialect,
    Field::Frame,
    Field::Length,
    Field::Offset,
    Field::Replay,
    Field::Seq,
    Field::StreamId,
    Field::Ts,
];

/// The dialects in force.
#[derive(Clone, Debug)]
pub struct Tables {
    /// In the order of `DIALECTS`.
    dialects: Vec<&'static Dialect>,
    /// The rules that were added to each.
    #[cfg(feature = "tables")]
    added: Vec<apply::Rules>,
    /// Bytes that added rules hold, those that were replaced included.
    #[cfg(feature = "tables")]
    held: usize,
}

impl Default for Tables {
    fn default() -> Self {
        Tables {
            dialects: DIALECTS.to_vec(),
            #[cfg(feature = "tables")]
            added: DIALECTS.iter().map(|_| Vec::new()).collect(),
            #[cfg(feature = "tables")]
            held: 0,
        }
    }
}

impl Tables {
    /// The dialects in force, in the order content is tried against them.
    pub fn dialects(&self) -> &[&'static Dialect] {
        &self.dialects
    }

    /// What is in force of that dialect.
    pub fn now(&self, dialect: &'static Dialect) -> &'static Dialect {
        let same = self.dialects.iter().find(|known| known.name == dialect.name);
        same.copied().unwrap_or(dialect)
    }

    /// The dialect and endpoint an exchange belongs to, and the conversation its
    /// path names; of two that fit as well, the added one.
    pub fn endpoint<'u>(
        &self,
        opening: &Opening<'u>,
    ) -> Option<(&'static Dialect, &'static Endpoint, &'u str)> {
        let each = |added: bool| {
            let both = self.dialects.iter().zip(DIALECTS);
            both.flat_map(move |(now, own)| {
                let count = now.endpoints.len() - own.endpoints.len();
                let halves = now.endpoints.split_at_checked(count).unwrap_or_default();
                (if added { halves.0 } else { halves.1 }).iter().map(move |one| (*now, one))
            })
        };
        endpoint::best(opening, each(true).chain(each(false)))
    }
}
