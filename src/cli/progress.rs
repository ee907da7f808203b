//! How far something is: a bar at a terminal, a line now and then elsewhere, nothing for programs.

use super::voice::Voice;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Times a second that a bar is drawn anew at most.
const DRAWS_PER_SECOND: u8 = 5;

/// What is told of the progress.
pub(super) struct Progress {
    shown: Shown,
    voice: Voice,
    words: String,
}

enum Shown {
    Bar(ProgressBar),
    Lines(Instant),
    Nothing,
}

impl Progress {
    /// Something of unknown length; `words` say what is counted.
    pub(super) fn new(voice: &Voice, words: &str) -> Self {
        let shown = if voice.json {
            Shown::Nothing
        } else if std::io::stderr().is_terminal() {
            Shown::Bar(bar(words))
        } else {
            Shown::Lines(Instant::now())
        };
        Self {
            shown,
            voice: *voice,
            words: words.to_owned(),
        }
    }

    /// Now the length is known.
    pub(super) fn of(&self, total: u64) {
        if let Shown::Bar(bar) = &self.shown {
            bar.set_length(total);
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
        }
    }

    /// What is being done has another name now.
    pub(super) fn named(&mut self, words: &str) {
        if let Shown::Bar(bar) = &self.shown {
            bar.set_message(words.to_owned());
        }
        words.clone_into(&mut self.words);
    }

    /// So much is done.
    pub(super) fn at(&mut self, done: u64) {
        match &mut self.shown {
            Shown::Bar(bar) => bar.set_position(done),
            Shown::Lines(last) if last.elapsed() >= LINE_EVERY => {
                *last = Instant::now();
                self.voice.note(&format!("{}: {done}", self.words));
            }
            Shown::Lines(_) | Shown::Nothing => {}
        }
    }

    /// A line of the result while it goes on.
    pub(super) fn say(&self, line: &str) {
        match &self.shown {
            Shown::Bar(bar) => bar.suspend(|| self.voice.say(line)),
            Shown::Lines(_) | Shown::Nothing => self.voice.say(line),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar(words: &str) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos}") {
        bar.set_style(style);
    }
    bar.with_message(words.to_owned())
}
