//! The resource: who emits these spans. What the environment says wins over what the code says.

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{EnvResourceDetector, ResourceDetector};

use crate::Service;

const NAMESPACE: &str = "farol";

/// The process's resource: `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` first, then ours.
pub(crate) fn of(service: Service) -> Resource {
    let from_env = EnvResourceDetector::new().detect();
    let mut attributes = vec![
        KeyValue::new("service.namespace", NAMESPACE),
        KeyValue::new("service.version", service.version),
        KeyValue::new("service.instance.id", uuid::Uuid::new_v4().to_string()),
        KeyValue::new("service.name", service.name),
    ];
    // The SDK lets code win over the environment; an operator expects the opposite.
    attributes.retain(|attribute| from_env.get(&attribute.key).is_none());
    if let Ok(name) = std::env::var("OTEL_SERVICE_NAME") {
        attributes.retain(|attribute| attribute.key != Key::new("service.name"));
        attributes.push(KeyValue::new("service.name", name));
    }
    Resource::builder().with_attributes(attributes).build()
}
