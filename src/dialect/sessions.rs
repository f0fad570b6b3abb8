//! The door to everything about sessions: dialects that several pipes speak.
//!
//! A build without the feature `sessions` has none of them: the bookmarklet that
//! every browser can keep has no room. Then these are the same names, and nothing
//! happens behind them.

#[cfg(feature = "sessions")]
pub(crate) use super::{
    pipe_end::{archived, closed, refused},
    rows::record,
    session::Sessions,
    thread::Pipe,
};

#[cfg(not(feature = "sessions"))]
pub(crate) use none::*;

#[cfg(not(feature = "sessions"))]
mod none {
    use super::super::ending::Ending;
    use super::super::scope::Scope;
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

    pub(crate) fn record(
        _: &mut Pipe,
        _: &mut Sessions,
        _: &mut Scope<'_>,
        _: Direction,
        _: &[u8],
    ) {
    }

    pub(crate) fn closed(_: &mut Pipe, _: &mut Sessions, _: &mut Scope<'_>, _: Ending, _: u32) {}

    pub(crate) fn refused(_: &mut Pipe, _: &mut Sessions, _: &mut Scope<'_>, _: u32) {}

    pub(crate) fn archived(_: &mut Sessions, _: &mut Scope<'_>) {}
}
