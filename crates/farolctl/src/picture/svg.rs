//! Writes SVG: the few elements that a board needs, text as text.

use std::fmt::{Display, Write as _};

/// The first that the reader's machine has; DejaVu is what Debian's browsers come with.
const FONTS: &str = "'DejaVu Sans', Verdana, 'Segoe UI', sans-serif";
/// Of the letters' height; DejaVu's letters are wide ones, so a text is never wider in another font.
const MEAN_LETTER: f64 = 0.6;

/// A picture that grows.
pub(super) struct Svg {
    width: f64,
    body: String,
}

/// How a text stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letters {
    pub(super) size: f64,
    pub(super) colour: &'static str,
    pub(super) anchor: Anchor,
    pub(super) bold: bool,
}

/// Which end of a text its place names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A rectangle on the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Letters {
    pub(super) const fn new(size: f64, colour: &'static str) -> Self {
        Self { size, colour, anchor: Anchor::Start, bold: false }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn at(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// About how wide a text is.
    pub(super) fn width(&self, text: &str) -> f64 {
        text.chars().count() as f64 * self.size * MEAN_LETTER
    }

    /// The text, cut so that it is not wider than `width`.
    pub(super) fn fit(&self, text: &str, width: f64) -> String {
        let most = (width / (self.size * MEAN_LETTER)).max(1.0) as usize;
        if text.chars().count() <= most {
            return text.to_owned();
        }
        let kept: String = text.chars().take(most - 1).collect();
        format!("{}…", kept.trim_end())
    }
}

impl Svg {
    pub(super) fn new(width: f64) -> Self {
        Self { width, body: String::new() }
    }

    /// A filled rectangle with a border.
    pub(super) fn rect(&mut self, area: Area, radius: f64, fill: &str, border: &str) {
        let Area { x, y, width, height } = area;
        self.push(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="{radius}" fill="{fill}" stroke="{border}"/>"#
        ));
    }

    /// A straight line; `dash` as in `stroke-dasharray`.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, dash: &str) {
        let dash = if dash.is_empty() { String::new() } else { format!(r#" stroke-dasharray="{dash}""#) };
        self.push(format_args!(
            r#"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" stroke="{colour}"{dash}/>"#,
            from.0, from.1, to.0, to.1
        ));
    }

    /// An open path.
    pub(super) fn stroke(&mut self, path: &str, colour: &str) {
        self.push(format_args!(
            r#"<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round"/>"#
        ));
    }

    /// A closed, filled path without a border.
    pub(super) fn fill(&mut self, path: &str, colour: &str, opacity: f64) {
        self.push(format_args!(
            r#"<path d="{path}" fill="{colour}" fill-opacity="{opacity}" stroke="none"/>"#
        ));
    }

    /// One line of text on its base line.
    pub(super) fn text(&mut self, place: (f64, f64), letters: Letters, text: &str) {
        let anchor = match letters.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let bold = if letters.bold { r#" font-weight="bold""# } else { "" };
        self.push(format_args!(
            r#"<text x="{:.1}" y="{:.1}" font-size="{}" fill="{}"{anchor}{bold}>{}</text>"#,
            place.0,
            place.1,
            letters.size,
            letters.colour,
            escape(text)
        ));
    }

    /// The document, with a title for who cannot see it.
    pub(super) fn finish(self, height: f64, title: &str, background: &str) -> String {
        let width = self.width;
        format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0}" width="{width}" "#,
                r#"height="{height:.0}" font-family="{fonts}" role="img"><title>{title}</title>"#,
                r#"<rect width="{width}" height="{height:.0}" fill="{background}"/>{body}"#,
                "\n</svg>\n"
            ),
            width = width,
            height = height,
            fonts = FONTS,
            title = escape(title),
            background = background,
            body = self.body
        )
    }

    fn push(&mut self, element: impl Display) {
        // a String takes everything
        if write!(self.body, "\n{element}").is_err() {
            unreachable!("memory is where a String writes");
        }
    }
}

pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // XML 1.0 has no place for them, not even written as a number
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{Letters, Svg};

    const LETTERS: Letters = Letters::new(10.0, "#000");

    #[test]
    fn what_a_label_says_stays_text() {
        let mut svg = Svg::new(100.0);
        svg.text((1.0, 2.0), LETTERS, "a<b>&\u{0}c");
        let text = svg.finish(50.0, "t & t", "#fff");
        assert!(text.contains(">a&lt;b&gt;&amp;\u{fffd}c</text>"), "{text}");
        assert!(text.contains("<title>t &amp; t</title>"), "{text}");
    }

    #[test]
    fn a_text_that_is_too_wide_is_cut() {
        assert_eq!(LETTERS.fit("partition", 60.0), "partition");
        assert_eq!(LETTERS.fit("partition", 36.0), "parti…");
        assert!(LETTERS.width("partition") <= 60.0);
    }
}
