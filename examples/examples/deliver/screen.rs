//! Lines for people; colour only where a terminal shows it.

use std::error::Error;
use std::io::{IsTerminal, Write};

/// Standard output.
pub(crate) struct Screen {
    colour: bool,
    step: usize,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Screen { colour: std::io::stdout().is_terminal(), step: 0 }
    }

    /// Whoever reads may stop reading: that is no failure of what is checked here.
    fn print(&self, line: &str) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Begins a step.
    pub(crate) fn step(&mut self, title: &str) {
        self.step += 1;
        let title = format!("{}  {title}", self.step);
        self.print(&format!("{}{}", if self.step == 1 { "" } else { "\n" }, self.paint("1", &title)));
    }

    /// Begins a part of a step.
    pub(crate) fn part(&self, title: &str) {
        self.print(&format!("\n   {}", self.paint("1", title)));
    }

    /// A line of detail.
    pub(crate) fn line(&self, text: &str) {
        self.print(&format!("   {text}"));
    }

    /// A heading inside a step.
    pub(crate) fn heading(&self, text: &str) {
        self.print(&format!("   {}", self.paint("36", text)));
    }

    /// A change of value, old to new.
    pub(crate) fn change(&self, path: &str, old: &str, new: &str) {
        self.print(&format!("     {path}: {} -> {}", self.paint("31", old), self.paint("32", new)));
    }

    /// Something less important.
    pub(crate) fn aside(&self, text: &str) {
        self.print(&format!("       {}", self.paint("2", text)));
    }

    /// The summary of a step whose checks held.
    pub(crate) fn held(&self, text: &str) {
        self.print(&format!("   {} {text}", self.paint("32", "ok")));
    }

    /// The end of a run that failed, with all causes.
    pub(crate) fn failed(&self, error: &dyn Error) {
        eprintln!("   {} {error}", self.paint("31", "failed"));
        let mut cause = error.source();
        while let Some(error) = cause {
            eprintln!("          because {error}");
            cause = error.source();
        }
    }
}
