//! OpenFeature's provider over a file of flags: definitions that were read before, resolved for who asks.

use async_trait::async_trait;
use open_feature::provider::{FeatureProvider, ProviderMetadata, ResolutionDetails};
use open_feature::{
    EvaluationContext, EvaluationError, EvaluationErrorCode, EvaluationReason, EvaluationResult, StructValue,
    Value,
};

use crate::definition::{Definition, Definitions};

/// `feature_flag.provider.name`
pub(crate) const NAME: &str = "farol-flag-file";

pub(crate) struct FileProvider {
    metadata: ProviderMetadata,
    definitions: Definitions,
}

impl FileProvider {
    pub(crate) fn new(definitions: Definitions) -> Self {
        Self { metadata: ProviderMetadata::new(NAME), definitions }
    }

    /// The variant for `context`, its value and why it is that one.
    fn resolve<T>(
        &self,
        key: &str,
        context: &EvaluationContext,
        cast: impl Fn(Value) -> Option<T>,
    ) -> EvaluationResult<ResolutionDetails<T>> {
        // A disabled flag is, as flagd has it, no flag.
        let definition = self.definitions.get(key).filter(|definition| definition.is_enabled);
        let definition = definition.ok_or_else(|| failed(EvaluationErrorCode::FlagNotFound))?;
        let (variant, reason) = choose(definition, key, context);
        let value = definition.variants.get(&variant).map(Value::try_from).transpose()?;
        let value = value.and_then(cast).ok_or_else(|| failed(EvaluationErrorCode::TypeMismatch))?;
        Ok(ResolutionDetails::builder().value(value).variant(variant).reason(reason).build())
    }
}

fn choose(definition: &Definition, key: &str, context: &EvaluationContext) -> (String, EvaluationReason) {
    let by_default = |reason| (definition.default_variant.clone(), reason);
    match &definition.targeting {
        None => by_default(EvaluationReason::Static),
        Some(rule) => match rule.choose(key, context) {
            Some(variant) => (variant, EvaluationReason::TargetingMatch),
            None => by_default(EvaluationReason::Default),
        },
    }
}

fn failed(code: EvaluationErrorCode) -> EvaluationError {
    EvaluationError::builder().code(code).build()
}

/// A whole number is a number too.
fn number(value: Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(number),
        // A ratio is checked to be 0 or 1 where it is whole.
        Value::Int(number) => i32::try_from(number).ok().map(f64::from),
        _ => None,
    }
}

#[async_trait]
impl FeatureProvider for FileProvider {
    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    async fn resolve_bool_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        self.resolve(key, context, |value| value.as_bool())
    }

    async fn resolve_int_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        self.resolve(key, context, |value| value.as_i64())
    }

    async fn resolve_float_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        self.resolve(key, context, number)
    }

    async fn resolve_string_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        self.resolve(key, context, |value| value.as_str().map(str::to_owned))
    }

    async fn resolve_struct_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        self.resolve(key, context, |value| value.as_struct().cloned())
    }
}
