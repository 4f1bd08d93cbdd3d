//! Tables of plain text: columns as wide as their cells, two spaces between them.

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words, cut where a table is too wide.
    Left,
    /// Words that are of no use when cut, such as ids.
    Whole,
    /// Numbers.
    Right,
}

/// The narrowest that a column of words is cut to.
const LEAST_WORDS: usize = 12;

/// A table with a heading.
#[derive(Clone, Debug)]
pub struct Table {
    heads: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
    indent: usize,
}

impl Table {
    /// A table without rows.
    pub fn new<'a>(heads: impl IntoIterator<Item = (&'a str, Align)>) -> Self {
        let heads = heads.into_iter().map(|(head, align)| (head.to_owned(), align)).collect();
        Self { heads, rows: Vec::new(), indent: 0 }
    }

    /// The same table, so many columns further in.
    #[must_use]
    pub fn indented(mut self, columns: usize) -> Self {
        self.indent = columns;
        self
    }

    /// Adds a row; a row that is too short ends in empty cells.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        // A line break within a cell would break the table.
        let mut row: Vec<String> =
            cells.into_iter().map(|cell| cell.replace(['\n', '\r', '\t'], " ")).collect();
        row.resize(self.heads.len(), String::new());
        self.rows.push(row);
    }

    /// Leaves out a column of numbers that are all zero, where the table is wider than `width`.
    fn columns(&self, width: usize) -> Vec<usize> {
        let all: Vec<usize> = (0..self.heads.len()).collect();
        if self.indent + total(&all.iter().map(|c| self.width_of(*c)).collect::<Vec<_>>()) <= width {
            return all;
        }
        let says_something =
            |c: &usize| self.heads[*c].1 != Align::Right || self.rows.iter().any(|r| r[*c] != "0");
        all.into_iter().filter(says_something).collect()
    }

    fn width_of(&self, column: usize) -> usize {
        let cells = self.rows.iter().map(|row| chars(&row[column]));
        cells.max().unwrap_or(0).max(chars(&self.heads[column].0))
    }

    /// The text, each line ended. Where it does not fit into `width` columns, columns of zeros are left out, then the
    /// widest columns of words are cut.
    pub fn render(&self, width: usize) -> String {
        let columns = self.columns(width);
        let mut widths: Vec<usize> = columns.iter().map(|c| self.width_of(*c)).collect();
        while self.indent + total(&widths) > width {
            let words = (0..columns.len()).filter(|i| self.heads[columns[*i]].1 == Align::Left);
            let widest = words.max_by_key(|i| widths[*i]).filter(|i| widths[*i] > LEAST_WORDS);
            let Some(widest) = widest else { break };
            let over = self.indent + total(&widths) - width;
            widths[widest] = widths[widest].saturating_sub(over).max(LEAST_WORDS);
        }
        let heads: Vec<String> = self.heads.iter().map(|(head, _)| head.clone()).collect();
        let mut text = String::new();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let mut line = " ".repeat(self.indent);
            for (i, (column, width)) in columns.iter().zip(&widths).enumerate() {
                let gap = if i > 0 { "  " } else { "" };
                let cell = cut(&row[*column], *width);
                let pad = " ".repeat(width - chars(&cell));
                match self.heads[*column].1 {
                    Align::Left | Align::Whole => line.extend([gap, &cell, &pad]),
                    Align::Right => line.extend([gap, &pad, &cell]),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// A text in at most `width` columns.
fn cut(text: &str, width: usize) -> String {
    if chars(text) <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table =
            Table::new([("node", Align::Left), ("read", Align::Right), ("skipped", Align::Right)])
                .indented(2);
        table.row(["accrue-the-income-of-all".into(), "1,000".into(), "0".into()]);
        table.row(["by\nfund".into(), "7".into()]);
        table
    }

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let text = table().render(80);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "  node                       read  skipped");
        assert_eq!(lines[1], "  accrue-the-income-of-all  1,000        0");
        assert_eq!(lines[2], "  by fund                       7");
    }

    #[test]
    fn a_table_that_is_too_wide_drops_zeros_and_then_cuts_words() {
        let mut table = table();
        table.rows[1][2] = "0".into();
        assert!(table.render(35).starts_with("  node                       read\n"), "{}", table.render(35));
        assert!(table.render(25).contains("accrue-the-inco…"), "{}", table.render(25));
        assert!(table.render(1).contains("accrue-the-…"), "{}", table.render(1));
    }
}
