//! Evaluating all flags of a program at once, through OpenFeature's client, into values that are held.

use open_feature::{
    Client, EvaluationContext, EvaluationDetails, EvaluationError, EvaluationResult, Hook, HookContext,
    HookHints, OpenFeature, StructValue, Value,
};
use serde::Serialize;

use crate::catalogue::{self, Form, Known, Values};
use crate::definition::Definitions;
use crate::provider::{self, FileProvider};
use crate::{Shed, Who};

/// A flag, what it is now, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// The flag's key.
    pub key: &'static str,
    /// Its value; null where another setting decides.
    pub value: serde_json::Value,
    /// The variant that holds; none where the file does not say.
    pub variant: Option<String>,
    /// As the semantic conventions have it: `static`, `targeting_match`, `default` or `disabled`.
    pub reason: String,
}

/// What holds without a file.
pub(crate) fn built_in(who: &Who) -> (Values, Vec<Evaluation>) {
    (Values::default(), concerning(who).map(|known| untold(known, "default")).collect())
}

/// Asks for every flag that concerns `who`.
pub(crate) async fn evaluate(
    definitions: Definitions,
    who: &Who,
) -> Result<(Values, Vec<Evaluation>), (String, String)> {
    let states: Vec<_> = concerning(who)
        .map(|known| (known, definitions.get(known.key).map(|definition| definition.is_enabled)))
        .collect();
    let client = client(definitions, who).await;
    let (mut values, mut evaluations) = (Values::default(), Vec::new());
    for (known, state) in states {
        let evaluation = match state {
            None => Ok(untold(known, "default")),
            Some(false) => Ok(untold(known, "disabled")),
            Some(true) => ask(&client, known, &mut values).await,
        };
        evaluations.push(evaluation.map_err(|reason| (known.key.to_owned(), reason))?);
    }
    Ok((values, evaluations))
}

fn concerning(who: &Who) -> impl Iterator<Item = &'static Known> {
    catalogue::ALL.iter().filter(|known| known.of.contains(&who.program))
}

fn untold(known: &Known, reason: &str) -> Evaluation {
    Evaluation { key: known.key, value: known.built_in(), variant: None, reason: reason.to_owned() }
}

/// A client of its own: a file that turns out wrong leaves nothing behind.
async fn client(definitions: Definitions, who: &Who) -> Client {
    let mut api = OpenFeature::default();
    let context = EvaluationContext::default()
        .with_targeting_key(&who.instance)
        .with_custom_field("service", who.service)
        .with_custom_field("version", who.version);
    api.set_evaluation_context(context).await;
    api.set_provider(FileProvider::new(definitions)).await;
    api.create_client().with_hook(Telling)
}

async fn ask(client: &Client, known: &Known, values: &mut Values) -> Result<Evaluation, String> {
    match known.form {
        Form::Switch => {
            let details = told(client.get_bool_details(known.key, None, None).await)?;
            match known.key {
                catalogue::RECEIPT_CACHE => values.receipt_cache = details.value,
                _ => values.row_retention = details.value,
            }
            Ok(evaluation(known, details.value.into(), details))
        }
        Form::Ratio => {
            let details = told(client.get_float_details(known.key, None, None).await)?;
            values.trace_sampling_ratio = Some(details.value);
            Ok(evaluation(known, details.value.into(), details))
        }
        Form::Shed => {
            let details = told(client.get_struct_details::<StructValue>(known.key, None, None).await)?;
            let value = json(Value::Struct(details.value.clone()));
            values.shed = Shed::read(value.clone())?;
            Ok(evaluation(known, value, details))
        }
    }
}

fn told<T>(details: EvaluationResult<EvaluationDetails<T>>) -> Result<EvaluationDetails<T>, String> {
    details.map_err(|error| {
        let EvaluationError { code, message } = error;
        format!("it cannot be evaluated: {code} {}", message.unwrap_or_default())
    })
}

fn evaluation<T>(known: &Known, value: serde_json::Value, details: EvaluationDetails<T>) -> Evaluation {
    let reason = reason(details.reason.as_ref());
    Evaluation { key: known.key, value, variant: details.variant, reason }
}

/// The conventions write it small.
fn reason(reason: Option<&open_feature::EvaluationReason>) -> String {
    reason.map_or_else(|| "unknown".to_owned(), |reason| reason.to_string().to_lowercase())
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::String(value) => value.into(),
        Value::Array(values) => values.into_iter().map(json).collect(),
        Value::Struct(value) => value.fields.into_iter().map(|(name, value)| (name, json(value))).collect(),
    }
}

/// Logs each evaluation, named as the semantic conventions name it.
struct Telling;

#[async_trait::async_trait]
impl Hook for Telling {
    async fn before<'a>(
        &self,
        _: &HookContext<'a>,
        _: Option<&'a HookHints>,
    ) -> Result<Option<EvaluationContext>, EvaluationError> {
        Ok(None)
    }

    async fn after<'a>(
        &self,
        context: &HookContext<'a>,
        details: &EvaluationDetails<Value>,
        _: Option<&'a HookHints>,
    ) -> Result<(), EvaluationError> {
        let instance = context.evaluation_context.targeting_key.as_deref();
        // In braces, because the macro takes no name with dots as its first field.
        tracing::info!(
            name: "feature_flag.evaluation",
            {
                feature_flag.key = details.flag_key,
                feature_flag.result.variant = details.variant,
                feature_flag.result.reason = reason(details.reason.as_ref()),
                feature_flag.provider.name = provider::NAME,
                feature_flag.context.id = instance
            },
            "a flag was evaluated"
        );
        Ok(())
    }

    // The caller gets the error and says so once, for the file.
    async fn error<'a>(&self, _: &HookContext<'a>, _: &EvaluationError, _: Option<&'a HookHints>) {}

    async fn finally<'a>(&self, _: &HookContext<'a>, _: &EvaluationDetails<Value>, _: Option<&'a HookHints>) {
    }
}
