//! What goes wrong in a chaos run: at the collector, and with the pages that send.

use clap::ValueEnum;

/// One kind of trouble.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, ValueEnum)]
pub(super) enum Trouble {
    /// The collector is killed, and started again later
    Outage,
    /// Half of the connections are reset before anything is taken
    Reset,
    /// Half of the requests are taken, and their answers lost
    Lost,
    /// 429 with Retry-After
    #[value(name = "429")]
    TooMany,
    /// 429 without
    #[value(name = "429-bare")]
    TooManyBare,
    /// 503
    #[value(name = "503")]
    Unavailable,
    /// Half of the answers are 500
    #[value(name = "500")]
    Broken,
    /// 413 for what is larger than a few events
    #[value(name = "413")]
    TooLarge,
    /// 401: pages try again a minute later
    #[value(name = "401")]
    Denied,
    /// Answers take most of a second
    Slow,
    /// One answer takes longer than a page waits for it
    Silent,
    /// The tab that sends for all crashes
    Crash,
    /// A tab is closed
    Close,
    /// A tab is opened
    Open,
    /// A tab goes to another site, and comes back by its address
    Navigate,
    /// A tab goes to another page, and back
    Back,
    /// A tab is hidden by another
    Hide,
    /// A hidden tab is frozen, and thawed later
    Freeze,
    /// The browser is killed with all its processes, and started again with its profile
    Browser,
}

/// Where it happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Side {
    Collector,
    Pages,
}

impl Trouble {
    /// As `--only` calls it.
    pub(super) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What happens, in a few words.
    pub(super) fn about(self) -> String {
        let value = self.to_possible_value();
        let help = value.and_then(|value| value.get_help().map(ToString::to_string));
        help.unwrap_or_default()
    }

    pub(super) fn side(self) -> Side {
        match self.fault() {
            None if self != Trouble::Outage => Side::Pages,
            _ => Side::Collector,
        }
    }

    /// What a collector is told to do (`cargo xtask collect --help`), if it is to live.
    /// None of it is for good: a refusal that a lone event would get is one after which
    /// it is set aside, and that is no loss that delivery could avoid.
    pub(super) fn fault(self) -> Option<&'static str> {
        Some(match self {
            Trouble::Reset => "reset,every=2",
            Trouble::Lost => "lost,every=2",
            Trouble::TooMany => "status=429,retry-after=1",
            Trouble::TooManyBare => "status=429",
            Trouble::Unavailable => "status=503",
            Trouble::Broken => "status=500,every=2",
            Trouble::TooLarge => "larger=2500",
            Trouble::Denied => "status=401",
            Trouble::Slow => "delay=800",
            Trouble::Silent => "delay=15000,first=1",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_have_troubles_and_each_says_what_it_is() {
        let of = |side| Trouble::value_variants().iter().filter(move |one| one.side() == side);
        assert_eq!([of(Side::Collector).count(), of(Side::Pages).count()], [11, 8]);
        assert!(Trouble::value_variants().iter().all(|trouble| !trouble.about().is_empty()));
    }
}
