//! The whole set of context attributes of one event, and the one place that knows which
//! attribute name means which type.

use std::collections::{BTreeMap, BTreeSet};

use crate::attribute::{
    EventId, EventType, ExtensionName, MAX_VALUE_BYTES, SchemaUri, Source, Subject, Time,
};
use crate::media_type::MediaType;
use crate::refusal::{Place, Refusal};
use crate::text;

/// The `specversion` that Farol speaks.
pub const SPEC_VERSION: &str = "1.0";

/// The most extension attributes one event may have; it bounds the headers of its record.
const MAX_EXTENSIONS: usize = 64;

/// The context attributes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// `id`
    pub id: EventId,
    /// `source`
    pub source: Source,
    /// `type`
    pub event_type: EventType,
    /// `subject`
    pub subject: Option<Subject>,
    /// `time`
    pub time: Option<Time>,
    /// `datacontenttype`
    pub datacontenttype: Option<MediaType>,
    /// `dataschema`
    pub dataschema: Option<SchemaUri>,
    /// Extension attributes in canonical string form, by name.
    pub extensions: BTreeMap<ExtensionName, String>,
}

impl Attributes {
    /// The value of an extension attribute, where there is one.
    pub fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value.as_str())
    }

    /// Every attribute as (name, canonical string), `specversion` first, extensions last.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let required = [
            ("specversion", SPEC_VERSION),
            ("id", self.id.as_str()),
            ("source", self.source.as_str()),
            ("type", self.event_type.as_str()),
        ];
        let optional = [
            ("subject", self.subject.as_ref().map(Subject::as_str)),
            ("time", self.time.as_ref().map(Time::as_str)),
            ("datacontenttype", self.datacontenttype.as_ref().map(MediaType::as_str)),
            ("dataschema", self.dataschema.as_ref().map(SchemaUri::as_str)),
        ];
        let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let extensions = self.extensions.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        required.into_iter().chain(optional).chain(extensions)
    }
}

/// Collects attributes one by one, in any order, from whatever binding reads them.
#[derive(Debug, Default)]
pub(crate) struct AttributesBuilder {
    /// Whether it is the one that we speak.
    spec_version: Option<bool>,
    id: Option<EventId>,
    source: Option<Source>,
    event_type: Option<EventType>,
    subject: Option<Subject>,
    time: Option<Time>,
    datacontenttype: Option<MediaType>,
    dataschema: Option<SchemaUri>,
    extensions: BTreeMap<ExtensionName, String>,
    unset: BTreeSet<String>,
}

impl AttributesBuilder {
    /// Takes one attribute in canonical string form; a second one of the same name is refused.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        if self.unset.contains(name) {
            return Err(twice(name));
        }
        match name {
            "specversion" => put(&mut self.spec_version, name, value == SPEC_VERSION),
            "id" => put(&mut self.id, name, value.parse()?),
            "source" => put(&mut self.source, name, value.parse()?),
            "type" => put(&mut self.event_type, name, value.parse()?),
            "subject" => put(&mut self.subject, name, value.parse()?),
            "time" => put(&mut self.time, name, value.parse()?),
            "datacontenttype" => put(&mut self.datacontenttype, name, value.parse()?),
            "dataschema" => put(&mut self.dataschema, name, value.parse()?),
            _ => self.set_extension(name, value),
        }
    }

    /// Takes an attribute that is named, but not set; it must not be named again.
    pub(crate) fn unset(&mut self, name: &str) -> Result<(), Refusal> {
        if self.is_set(name) || !self.unset.insert(name.to_owned()) {
            return Err(twice(name));
        }
        within_limit(self.unset.len())
    }

    fn is_set(&self, name: &str) -> bool {
        match name {
            "specversion" => self.spec_version.is_some(),
            "id" => self.id.is_some(),
            "source" => self.source.is_some(),
            "type" => self.event_type.is_some(),
            "subject" => self.subject.is_some(),
            "time" => self.time.is_some(),
            "datacontenttype" => self.datacontenttype.is_some(),
            "dataschema" => self.dataschema.is_some(),
            _ => self.extensions.keys().any(|key| key.as_str() == name),
        }
    }

    fn set_extension(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        let key: ExtensionName = name.parse()?;
        text::check(name, value)?;
        if value.len() > MAX_VALUE_BYTES {
            let reason = format!("is {} bytes long; the limit is {MAX_VALUE_BYTES}", value.len());
            return Err(Refusal::unstorable(Place::attribute(name), reason));
        }
        if self.extensions.insert(key, value.to_owned()).is_some() {
            return Err(twice(name));
        }
        within_limit(self.extensions.len())
    }

    /// The set as a whole: what is required is there and the version is one we speak.
    pub(crate) fn build(self) -> Result<Attributes, Refusal> {
        if !required("specversion", self.spec_version)? {
            return Err(Refusal::attribute("specversion", "is not supported; Farol speaks 1.0"));
        }
        Ok(Attributes {
            id: required("id", self.id)?,
            source: required("source", self.source)?,
            event_type: required("type", self.event_type)?,
            subject: self.subject,
            time: self.time,
            datacontenttype: self.datacontenttype,
            dataschema: self.dataschema,
            extensions: self.extensions,
        })
    }
}

fn put<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), Refusal> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(name)),
    }
}

fn within_limit(extensions: usize) -> Result<(), Refusal> {
    if extensions > MAX_EXTENSIONS {
        let reason = format!("more than {MAX_EXTENSIONS} extension attributes");
        return Err(Refusal::unstorable(Place::Message, reason));
    }
    Ok(())
}

fn twice(name: &str) -> Refusal {
    Refusal::attribute(name, "is given twice")
}

fn required<T>(name: &str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::attribute(name, "is required"))
}
