//! Lays out rows of text in columns; the first column is left-aligned, the others
//! hold numbers and are right-aligned.

/// Renders `rows` under `header`, two spaces between columns.
pub(crate) fn render(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut lines = vec![header.iter().map(ToString::to_string).collect::<Vec<_>>()];
    lines.extend(rows.iter().cloned());
    let widths = widths(&lines);
    lines.iter().map(|cells| line(cells, &widths)).collect::<Vec<_>>().join("\n")
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

fn line(cells: &[String], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).enumerate().map(|(column, (cell, &width))| {
        if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
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
}
