//! What stands behind the door to sessions in a build that has none.

use super::Dialect;
use super::ending::Ending;
use super::scope::Scope;
use crate::exchange::{Direction, Opening};
use crate::limits::Limits;
use crate::output::Output;

#[derive(Debug)]
pub(crate) struct Sessions;

impl Sessions {
    pub(crate) fn new(_: &Limits) -> Sessions {
        Sessions
    }

    pub(crate) fn leave(&mut self, _: &mut Output) {}
}

#[derive(Debug)]
pub(crate) struct Pipe;

impl Pipe {
    pub(crate) fn new(_: &Opening<'_>, _: f64) -> Pipe {
        Pipe
    }
}

pub(crate) fn record(_: &mut Pipe, _: &mut Sessions, _: &mut Scope<'_>, _: Direction, _: &[u8]) {}

pub(crate) fn closed(_: &mut Pipe, _: &mut Sessions, _: &mut Scope<'_>, _: Ending, _: u32) {}

pub(crate) fn refused(_: &mut Pipe, _: &mut Sessions, _: &mut Scope<'_>, _: u32) {}

pub(crate) fn archived(_: &mut Sessions, _: &mut Scope<'_>) {}

pub(crate) fn recognise(_: &Pipe, _: &Sessions) -> Option<&'static Dialect> {
    None
}

pub(crate) fn takes_leave(_: &Pipe) -> bool {
    false
}
