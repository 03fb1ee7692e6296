//! Lays out rows of text in columns: of numbers, right-aligned beside a first column of names,
//! or of words, all left-aligned.

/// Renders `rows` of numbers under `header`, two spaces between columns.
pub(crate) fn render(header: &[&str], rows: &[Vec<String>]) -> String {
    lay_out(header, rows, |column| column == 0)
}

/// Renders `rows` of words under `header`, two spaces between columns.
pub(crate) fn render_words(header: &[&str], rows: &[Vec<String>]) -> String {
    lay_out(header, rows, |_| true)
}

fn lay_out(header: &[&str], rows: &[Vec<String>], is_left: impl Fn(usize) -> bool) -> String {
    let mut lines = vec![header.iter().map(ToString::to_string).collect::<Vec<_>>()];
    lines.extend(rows.iter().cloned());
    let widths = widths(&lines);
    lines.iter().map(|cells| line(cells, &widths, &is_left)).collect::<Vec<_>>().join("\n")
}

fn widths(lines: &[Vec<String>]) -> Vec<usize> {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    (0..columns)
        .map(|column| {
            let cells = lines.iter().filter_map(|cells| cells.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect()
}

fn line(cells: &[String], widths: &[usize], is_left: impl Fn(usize) -> bool) -> String {
    let padded = cells.iter().zip(widths).enumerate().map(|(column, (cell, &width))| {
        if is_left(column) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
    });
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_line_up_on_the_right() {
        let rows = vec![vec!["a".to_owned(), "1".to_owned()], vec!["total".to_owned(), "100".to_owned()]];
        assert_eq!(super::render(&["", "n"], &rows), "         n\na        1\ntotal  100");
    }

    #[test]
    fn words_begin_on_the_left() {
        let rows = vec![vec!["1".to_owned(), "a".to_owned()]];
        assert_eq!(super::render_words(&["n", "word"], &rows), "n  word\n1  a");
    }
}
