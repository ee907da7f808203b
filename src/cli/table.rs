//! Aligned columns.

use super::voice::Voice;

/// Characters of the widest cell: a title may be long.
const CELL_CHARS_MAX: usize = 48;

/// Rows under a head.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(super) fn new(heads: &[&str]) -> Self {
        let heads = heads.iter().map(|head| (*head).to_owned());
        Self {
            rows: vec![heads.collect()],
        }
    }

    /// One more row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(cell).collect());
    }

    /// Says all of it, or that there is nothing.
    pub(super) fn say(&self, voice: &Voice, nothing: &str) {
        if self.rows.len() == 1 {
            voice.say(nothing);
            return;
        }
        for line in self.lines() {
            voice.say(&line);
        }
    }

    fn lines(&self) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let padded = row.iter().zip(&widths).map(|(cell, width)| {
                let space = " ".repeat(width - cell.chars().count());
                format!("{cell}{space}")
            });
            let joined = padded.collect::<Vec<_>>().join("  ");
            joined.trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }
}

/// One line, not too long, and nothing in it that moves a terminal's cursor.
fn cell(text: String) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let shown: String = clean.clone().take(CELL_CHARS_MAX).collect();
    if clean.count() > CELL_CHARS_MAX {
        format!("{shown}…")
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_in_any_alphabet() {
        let mut table = Table::new(&["Login", "Имя"]);
        table.row(["anna".to_owned(), "Анна К.".to_owned()]);
        table.row(["b".to_owned(), "с\nпереносом\u{1b}[2J".to_owned()]);
        table.row([String::new(), "x".repeat(60)]);
        assert_eq!(
            table.lines(),
            [
                "Login  Имя".to_owned(),
                "anna   Анна К.".to_owned(),
                "b      с переносом [2J".to_owned(),
                format!("       {}…", "x".repeat(48)),
            ]
        );
    }
}
