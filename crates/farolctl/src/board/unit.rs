//! Values as text, by Grafana's names of units.

use std::collections::BTreeMap;

use super::Panel;

impl Panel {
    /// The value as a reader wants it.
    pub(crate) fn text(&self, value: f64) -> String {
        match name(&self.names, value) {
            Some(name) => name.to_owned(),
            None => text(&self.unit, value),
        }
    }
}

/// A value in its unit, to three digits.
pub(crate) fn text(unit: &str, value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    match unit {
        "s" | "dtdurations" => duration(value),
        "ms" => duration(value / 1e3),
        "µs" => duration(value / 1e6),
        "ns" => duration(value / 1e9),
        "percentunit" => format!("{} %", short(value * 100.0)),
        "percent" => format!("{} %", short(value)),
        "bytes" => scaled(value, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB"]),
        "decbytes" => scaled(value, 1000.0, &[" B", " kB", " MB", " GB", " TB"]),
        "binBps" => scaled(value, 1024.0, &[" B/s", " KiB/s", " MiB/s", " GiB/s"]),
        "bps" => scaled(value, 1000.0, &[" b/s", " kb/s", " Mb/s", " Gb/s"]),
        "Bps" => scaled(value, 1000.0, &[" B/s", " kB/s", " MB/s", " GB/s"]),
        "cps" | "reqps" | "ops" | "eps" | "rps" | "wps" | "iops" | "recps" | "pps" => {
            format!("{}/s", short(value))
        }
        "bool" | "bool_yes_no" => if value == 0.0 { "no" } else { "yes" }.to_owned(),
        _ => match unit.strip_prefix("suffix:") {
            Some(suffix) => format!("{} {}", short(value), suffix.trim()),
            None => short(value),
        },
    }
}

fn name(names: &BTreeMap<String, String>, value: f64) -> Option<&str> {
    names.get(&value.to_string()).map(String::as_str)
}

fn short(value: f64) -> String {
    // a count below ten thousand is worth all its digits
    if value.fract() == 0.0 && value.abs() < 10_000.0 {
        return format!("{}", value + 0.0);
    }
    scaled(value, 1000.0, &["", " k", " M", " G", " T"])
}

fn duration(seconds: f64) -> String {
    let size = seconds.abs();
    let units: [(f64, f64, &str); 6] = [
        (1e-3, 1e6, "µs"),
        (1.0, 1e3, "ms"),
        (120.0, 1.0, "s"),
        (7_200.0, 1.0 / 60.0, "min"),
        (172_800.0, 1.0 / 3_600.0, "h"),
        (f64::INFINITY, 1.0 / 86_400.0, "d"),
    ];
    if size == 0.0 {
        return "0 s".to_owned();
    }
    let (_, factor, unit) = units.into_iter().find(|(below, ..)| size < *below).unwrap_or((0.0, 1.0, "s"));
    format!("{} {unit}", digits(seconds * factor))
}

fn scaled(value: f64, base: f64, units: &[&str]) -> String {
    let mut scaled = value;
    let mut unit = 0;
    while scaled.abs() >= base && unit + 1 < units.len() {
        scaled /= base;
        unit += 1;
    }
    format!("{}{}", digits(scaled), units[unit])
}

/// Three digits that count, without zeros at the end.
fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.001 => 3,
        _ => 6,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn times_are_written_in_the_unit_that_fits() {
        let texts =
            [0.0, 0.000_042, 0.0328, 2.5, 90.0, 600.0, 10_800.0, 259_200.0].map(|value| text("s", value));
        assert_eq!(texts, ["0 s", "42 µs", "32.8 ms", "2.5 s", "90 s", "10 min", "3 h", "3 d"]);
        assert_eq!(text("ms", 250.0), "250 ms");
    }

    #[test]
    fn counts_shares_rates_and_sizes_have_their_own_marks() {
        assert_eq!(text("short", 842.0), "842");
        assert_eq!(text("none", 12_345.0), "12.3 k");
        assert_eq!(text("percentunit", 0.0512), "5.12 %");
        assert_eq!(text("cps", 521.4), "521/s");
        assert_eq!(text("bytes", 1_610_612_736.0), "1.5 GiB");
        assert_eq!(text("suffix:× budget", 14.4), "14.4 × budget");
        assert_eq!(text("what Grafana adds tomorrow", 0.25), "0.25");
    }

    #[test]
    fn what_has_no_end_is_written_so() {
        assert_eq!(text("s", f64::INFINITY), "∞");
        assert_eq!(text("short", -0.0), "0");
    }
}
