//! A board as a picture: its sections one below the other (`sheet`), each panel drawn by its kind, as SVG and from that as PNG.

pub(crate) mod bars;
mod colours;
mod heatmap;
mod key;
pub(crate) mod png;
mod scale;
pub(crate) mod sheet;
mod svg;
mod timeseries;
mod values;

#[cfg(test)]
mod fixture;
