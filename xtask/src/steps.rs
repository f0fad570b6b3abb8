//! Progress, on standard error: standard output belongs to results.

/// Numbered steps of one command.
pub(crate) struct Steps {
    done: usize,
    total: usize,
}

impl Steps {
    /// A command of so many steps.
    pub(crate) fn new(total: usize) -> Steps {
        Steps { done: 0, total }
    }

    /// Says what happens next: `[2/6] installing npm packages`.
    pub(crate) fn next(&mut self, what: &str) {
        self.done += 1;
        eprintln!("[{}/{}] {what}", self.done, self.total);
    }
}

/// Says something about the current step.
pub(crate) fn note(what: &str) {
    eprintln!("      {what}");
}
