//! SVG as PNG, drawn here with the fonts of the machine.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg,
};

/// Pixels for each unit of the SVG: letters stay sharp on a dense screen.
const SHARPNESS: f32 = 1.5;

/// Why there is no PNG.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "this machine has no font to write with: apt-get install fonts-dejavu-core, or write .svg, which leaves that to its reader"
    )]
    NoFont,
    #[error("the drawing is no SVG: {0}")]
    Svg(#[from] usvg::Error),
    #[error("a picture of {width} x {height} pixels is too large")]
    TooLarge { width: u32, height: u32 },
    #[error("the PNG cannot be written: {0}")]
    Encoding(String),
}

/// Draws an SVG.
pub(crate) fn from_svg(svg: &str) -> Result<Vec<u8>, Error> {
    let mut options = usvg::Options::default();
    options.fontdb_mut().load_system_fonts();
    if options.fontdb.is_empty() {
        return Err(Error::NoFont);
    }
    let tree = usvg::Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size().scale_by(SHARPNESS);
    let size = size.unwrap_or(tree.size().to_int_size());
    let (width, height) = (size.width(), size.height());
    let mut pixels = Pixmap::new(width, height).ok_or(Error::TooLarge { width, height })?;
    resvg::render(&tree, Transform::from_scale(SHARPNESS, SHARPNESS), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| Error::Encoding(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::from_svg;
    use crate::picture::{
        colours,
        svg::{Letters, Svg},
    };

    #[test]
    fn a_drawing_becomes_a_png_with_its_letters_on_it() {
        let blank = from_svg(&Svg::new(100.0).finish(40.0, "t", colours::PAGE)).unwrap();
        let mut written = Svg::new(100.0);
        written.text((10.0, 30.0), Letters::new(20.0, colours::INK), "p99");
        let written = from_svg(&written.finish(40.0, "t", colours::PAGE)).unwrap();
        assert!(written.starts_with(b"\x89PNG\r\n"));
        assert_eq!(&written[16..24], [0, 0, 0, 150, 0, 0, 0, 60], "width and height");
        assert!(written.len() > blank.len() + 200, "{} {}", written.len(), blank.len());
    }
}
