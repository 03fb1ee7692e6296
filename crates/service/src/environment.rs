//! Settings from environment variables; every mistake is reported in one start.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use crate::Secret;

/// Everything that is wrong with a program's settings, one line each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Mistakes(Vec<String>);

type Source<'s> = Box<dyn Fn(&str) -> Option<String> + 's>;

/// Reads settings by name and collects what is wrong with them.
///
/// Every read gives `None` after a mistake, so that reading goes on; [`Environment::finish`]
/// then answers with all mistakes at once.
pub struct Environment<'s> {
    source: Source<'s>,
    mistakes: Vec<String>,
}

impl<'s> Environment<'s> {
    /// The variables of this process. A variable set to nothing counts as not set.
    pub fn of_process() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// Variables from anywhere else.
    pub fn new(source: impl Fn(&str) -> Option<String> + 's) -> Self {
        Self { source: Box::new(source), mistakes: Vec::new() }
    }

    /// A setting that has no default; `what` says in words what belongs into it.
    pub fn required<T>(&mut self, name: &str, what: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        match self.text(name) {
            Some(text) => self.parsed(name, &text, T::from_str(&text)),
            None => self.mistake(format!("{name} is not set: {what}")),
        }
    }

    /// A setting with a default.
    pub fn or<T>(&mut self, name: &str, default: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        self.parsed(name, &text, T::from_str(&text))
    }

    /// A setting that may be absent: `Some(None)` where it is not set.
    pub fn optional<T>(&mut self, name: &str) -> Option<Option<T>>
    where
        T: FromStr<Err: Display>,
    {
        match self.text(name) {
            Some(text) => self.parsed(name, &text, T::from_str(&text)).map(Some),
            None => Some(None),
        }
    }

    /// A number with a default and the range it must lie in.
    pub fn number<T>(&mut self, name: &str, default: T, range: std::ops::RangeInclusive<T>) -> Option<T>
    where
        T: FromStr<Err: Display> + PartialOrd + Display + Copy,
    {
        let value = match self.text(name) {
            Some(text) => self.parsed(name, &text, T::from_str(&text))?,
            None => default,
        };
        if range.contains(&value) {
            return Some(value);
        }
        self.mistake(format!("{name} is {value}; it must be from {} to {}", range.start(), range.end()))
    }

    /// A duration with a unit, such as `500ms` or `10s`.
    pub fn duration(&mut self, name: &str, default: &str) -> Option<Duration> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        self.parsed(name, &text, humantime::parse_duration(&text))
    }

    /// A duration that may be absent: `Some(None)` where it is not set.
    pub fn optional_duration(&mut self, name: &str) -> Option<Option<Duration>> {
        match self.text(name) {
            Some(text) => self.parsed(name, &text, humantime::parse_duration(&text)).map(Some),
            None => Some(None),
        }
    }

    /// A switch: `1` or `true`, `0` or `false`; off unless set.
    pub fn switch(&mut self, name: &str) -> Option<bool> {
        match self.text(name).as_deref() {
            None | Some("0" | "false") => Some(false),
            Some("1" | "true") => Some(true),
            Some(other) => self.mistake(format!("{name} is {other:?}; it must be 1 or 0")),
        }
    }

    /// A secret, from the variable itself or from the file that `<name>_FILE` names.
    pub fn secret(&mut self, name: &str, what: &str) -> Option<Secret> {
        match self.optional_secret(name)? {
            Some(secret) => Some(secret),
            None => self.mistake(format!("{name} (or {name}_FILE) is not set: {what}")),
        }
    }

    /// A secret that may be absent: `Some(None)` where neither the variable nor the file is set.
    pub fn optional_secret(&mut self, name: &str) -> Option<Option<Secret>> {
        let file_variable = format!("{name}_FILE");
        match (self.text(name), self.text(&file_variable)) {
            (Some(_), Some(_)) => self.mistake(format!("{name} and {file_variable} are both set: keep one")),
            (Some(text), None) => Some(Some(Secret::new(text))),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) => Some(Some(Secret::new(text.trim_end().to_owned()))),
                Err(error) => {
                    self.mistake(format!("{file_variable} names {path}, which cannot be read: {error}"))
                }
            },
            (None, None) => Some(None),
        }
    }

    /// Notes a mistake that the caller found by looking at several settings together.
    pub fn mistake<T>(&mut self, text: String) -> Option<T> {
        self.mistakes.push(text);
        None
    }

    /// The settings, or everything that is wrong with them.
    pub fn finish<T>(self, settings: Option<T>) -> Result<T, Mistakes> {
        match settings {
            Some(settings) if self.mistakes.is_empty() => Ok(settings),
            _ => Err(Mistakes(self.mistakes)),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        (self.source)(name).filter(|text| !text.is_empty())
    }

    fn parsed<T, E: Display>(&mut self, name: &str, text: &str, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => self.mistake(format!("{name} is {text:?}: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&'static str, &'static str)]) -> Environment<'static> {
        Environment::new(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let mut env = environment(&[("PORT", "http"), ("WAIT", "5"), ("ROWS", "0"), ("DEV", "yes")]);
        let port = env.or::<u16>("PORT", "8080");
        let brokers = env.required::<String>("BROKERS", "the bootstrap servers");
        let wait = env.duration("WAIT", "5s");
        let rows = env.number("ROWS", 10, 1..=100);
        let dev = env.switch("DEV");
        let mistakes = env.finish(port.zip(brokers).zip(wait).zip(rows).zip(dev)).unwrap_err().to_string();
        let lines: Vec<_> = mistakes.lines().collect();
        assert_eq!(lines.len(), 5, "{mistakes}");
        assert_eq!(lines[1], "BROKERS is not set: the bootstrap servers");
        assert_eq!(lines[3], "ROWS is 0; it must be from 1 to 100");
    }

    #[test]
    fn defaults_hold_where_nothing_is_set() {
        let mut env = environment(&[("EMPTY", "")]);
        assert_eq!(env.or::<u16>("PORT", "8080"), Some(8080));
        assert_eq!(env.or::<String>("EMPTY", "default"), Some("default".to_owned()));
        assert_eq!(env.duration("WAIT", "500ms"), Some(Duration::from_millis(500)));
        assert_eq!(env.switch("DEV"), Some(false));
        assert_eq!(env.finish(Some(())), Ok(()));
    }

    #[test]
    fn a_secret_comes_by_variable_or_by_file_and_is_never_printed() {
        let file = std::env::temp_dir().join(format!("farol-service-{}", std::process::id()));
        std::fs::write(&file, "from-file\n").unwrap();
        let path = file.to_str().unwrap().to_owned();
        let mut env = Environment::new(move |name| match name {
            "A" => Some("from-variable".to_owned()),
            "B_FILE" => Some(path.clone()),
            _ => None,
        });
        let (a, b) = (env.secret("A", "").unwrap(), env.secret("B", "").unwrap());
        assert_eq!((a.reveal(), b.reveal()), ("from-variable", "from-file"));
        assert_eq!(format!("{a:?}"), "Secret");
        assert_eq!(env.optional_secret("C"), Some(None));
        assert!(env.secret("C", "the password").is_none());
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_secret_given_twice_is_a_mistake() {
        let mut env = environment(&[("A", "x"), ("A_FILE", "y")]);
        assert!(env.secret("A", "").is_none());
        assert_eq!(env.finish(Some(())).unwrap_err().to_string(), "A and A_FILE are both set: keep one");
    }
}
