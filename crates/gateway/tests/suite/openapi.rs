//! The API's document: the gateway does what it says, and it says all that the gateway does.

mod answers;
mod document;

use std::collections::BTreeSet;

use crate::support::{READER, Running, WRITER, event, start, uuid};
use document::{Api, Operation};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testkit::Database;

const MIGRATION: &str = include_str!("../../../worker/migrations/V1__ledger_events_dead_letters.sql");
const ROUTES: &str = include_str!("../../src/routes.rs");
const BATCH: &str = "application/cloudevents-batch+json";

/// A gateway whose look-ups find their tables.
async fn start_migrated() -> (Running, Database) {
    let database = Database::create().await;
    database.run("CREATE SCHEMA farol").await;
    database.run(MIGRATION).await;
    // Rows come and go here: what was found a moment ago is asked for anew.
    let settings = [("FAROL_DATABASE_URL", database.url()), ("FAROL_STORED_CACHE", "0s".to_owned())];
    (start(&settings).await, database)
}

fn post(gateway: &Running, content_type: &str, body: String) -> RequestBuilder {
    let request = gateway.request(Method::POST, "/v1/events").bearer_auth(WRITER);
    request.header("content-type", content_type).body(body)
}

#[tokio::test]
async fn each_operation_has_an_id_a_tag_and_a_summary_of_its_own() {
    let api = Api::of(&start(&[]).await).await;
    assert_eq!(api.document["openapi"], "3.1.0");
    let tags: BTreeSet<_> =
        api.document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).map(text).collect();
    let (mut ids, mut places, mut summaries) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for operation in api.operations() {
        let said = operation.said;
        assert!(
            places.insert((operation.method.to_string(), operation.path.to_lowercase())),
            "{}",
            operation.path
        );
        assert!(ids.insert(text(&said["operationId"])), "{said}");
        assert!(summaries.insert(text(&said["summary"])), "{said}");
        assert!(said["tags"].as_array().unwrap().iter().all(|tag| tags.contains(text(tag))), "{said}");
        assert!(said["security"].is_array(), "whether a key is needed is said: {said}");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

#[tokio::test]
async fn all_that_is_documented_is_served_by_the_methods_that_are_documented() {
    let gateway = start(&[]).await;
    let api = Api::of(&gateway).await;
    for operation in api.operations() {
        let path = operation.path_with_examples();
        let answer = gateway.request(operation.method.clone(), &path).send().await.unwrap();
        assert!(
            ![404, 405].contains(&answer.status().as_u16()),
            "{} {path}: {}",
            operation.method,
            answer.status()
        );
        api.check(&operation, answer).await;
        let other = gateway.request(Method::DELETE, &path).send().await.unwrap();
        let allowed = other.headers()["allow"].to_str().unwrap().to_owned();
        let mut documented: Vec<_> = api.methods_of(operation.path);
        documented.push("HEAD".to_owned());
        documented.sort();
        assert_eq!(allowed.split(", ").collect::<Vec<_>>(), documented, "{path}");
        assert_eq!(api.check(&operation, other).await["type"], "urn:farol:problem:method-not-allowed");
    }
}

#[tokio::test]
async fn all_that_is_served_is_documented() {
    let api = Api::of(&start(&[]).await).await;
    let documented: BTreeSet<_> =
        api.operations().iter().map(|operation| operation.path.to_owned()).collect();
    let registered = ROUTES.split('"').skip(1).step_by(2).filter(|literal| literal.starts_with('/'));
    let mut registered: BTreeSet<_> = registered.map(str::to_owned).collect();
    registered.insert("/assets/{name}".to_owned());
    assert!(registered.len() > 12, "the map of routes is not read any more: {registered:?}");
    assert_eq!(documented, registered);
}

#[tokio::test]
async fn where_management_is_apart_the_public_document_leaves_it_out() {
    let gateway = start(&[("FAROL_MANAGEMENT_ADDR", "127.0.0.1:0".to_owned())]).await;
    let api = Api::of(&gateway).await;
    let paths: BTreeSet<_> = api.operations().iter().map(|operation| operation.path.to_owned()).collect();
    assert!(paths.contains("/v1/events") && !paths.contains("/metrics"), "{paths:?}");
    for operation in api.operations() {
        let answer =
            gateway.request(operation.method.clone(), &operation.path_with_examples()).send().await.unwrap();
        assert_ne!(answer.status(), 404, "{}", operation.path);
    }
    assert_eq!(gateway.manage("/openapi.json").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn each_example_of_a_request_is_accepted() {
    let gateway = start(&[]).await;
    let api = Api::of(&gateway).await;
    let operation = api.operation("sendEvents");
    let mut sent = 0;
    for (media_type, content) in operation.said["requestBody"]["content"].as_object().unwrap() {
        for example in Api::examples(content) {
            api.validate(&content["schema"], example).unwrap();
            let mut request = post(&gateway, media_type, example.to_string());
            if !media_type.contains("cloudevents") {
                request = operation
                    .headers_with_examples()
                    .into_iter()
                    .fold(request, |request, (name, value)| request.header(name, value));
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 202, "{media_type}: {example}");
            api.check(&operation, answer).await;
            sent += 1;
        }
    }
    assert!(sent >= 4, "{sent} examples");
    assert_eq!(gateway.topic.records().len(), 4, "one event, a batch of two, and one in binary mode");
}

#[tokio::test]
async fn each_example_of_an_answer_is_of_its_own_schema_and_none_is_missing() {
    let api = Api::of(&start(&[]).await).await;
    for operation in api.operations() {
        for (status, answer) in operation.said["responses"].as_object().unwrap() {
            let content = answer["content"].as_object().into_iter().flatten();
            let json = content.filter(|(media_type, _)| media_type.ends_with("json"));
            for (_, content) in json.filter(|_| operation.path != "/openapi.json" || status != "200") {
                let examples: Vec<_> = Api::examples(content).collect();
                assert!(!examples.is_empty(), "{} has no example of {status}", operation.path);
                for example in examples {
                    api.validate(&content["schema"], example).unwrap();
                    let said = example["status"]
                        .as_u64()
                        .filter(|_| content["schema"]["$ref"] == "#/components/schemas/Problem");
                    assert!(said.is_none_or(|said| said.to_string() == *status), "{status}: {example}");
                }
            }
        }
    }
}

#[tokio::test]
async fn each_kind_of_problem_is_some_operations_answer() {
    let api = Api::of(&start(&[]).await).await;
    let kinds = &api.document["components"]["schemas"]["ProblemType"]["enum"];
    let answers: Vec<_> =
        api.operations().iter().map(|operation| operation.said["responses"].to_string()).collect();
    for kind in kinds.as_array().unwrap() {
        assert!(answers.iter().any(|answers| answers.contains(text(kind))), "{kind}");
    }
    assert_eq!(kinds.as_array().unwrap().len(), 21);
}

#[tokio::test]
async fn the_documented_lengths_are_those_that_are_kept() {
    let gateway = start(&[]).await;
    let api = Api::of(&gateway).await;
    let attributes = &api.document["components"]["schemas"]["CloudEvent"]["properties"];
    for (name, prefix) in
        [("id", uuid()), ("source", format!("/{}/", uuid())), ("type", "t".into()), ("subject", "s".into())]
    {
        let longest = usize::try_from(attributes[name]["maxLength"].as_u64().unwrap()).unwrap();
        for (length, status) in [(longest, 202), (longest + 1, 422)] {
            let mut event = event();
            event[name] = json!(format!("{prefix}{}", "x".repeat(length - prefix.len())));
            let answer = gateway.post(WRITER, &event).send().await.unwrap();
            assert_eq!(answer.status(), status, "{name} of {length} bytes");
        }
    }
}

#[tokio::test]
async fn the_documented_parameters_of_a_query_are_all_that_are_taken() {
    let (gateway, _database) = start_migrated().await;
    let api = Api::of(&gateway).await;
    for operation in [api.operation("findEvent"), api.operation("listEvents")] {
        let request = gateway.get(&format!("{}?nonsense=1", operation.path)).bearer_auth(READER);
        let detail = text(&crate::support::answer(request).await.1["detail"]).to_owned();
        let names: Vec<_> =
            operation.parameters("query").iter().map(|parameter| text(&parameter["name"])).collect();
        assert!(detail.ends_with(&format!("it has {}", names.join(", "))), "{detail}");
    }
    let list = api.operation("listEvents");
    let limit = list.parameters("query").into_iter().find(|parameter| parameter["name"] == "limit").unwrap();
    let (least, most) =
        (limit["schema"]["minimum"].as_i64().unwrap(), limit["schema"]["maximum"].as_i64().unwrap());
    for (limit, status) in [(least - 1, 400), (least, 200), (most, 200), (most + 1, 400)] {
        let request = gateway.get(&format!("/v1/events?limit={limit}")).bearer_auth(READER);
        assert_eq!(request.send().await.unwrap().status(), status, "{limit}");
    }
}

#[tokio::test]
async fn the_document_is_not_sent_twice_and_needs_no_key() {
    let gateway = start(&[]).await;
    let api = Api::of(&gateway).await;
    let operation: Operation<'_> = api.operation("openapi");
    let first = gateway.get("/openapi.json").send().await.unwrap();
    let etag = first.headers()["etag"].clone();
    api.check(&operation, first).await;
    let again = gateway.get("/openapi.json").header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    api.check(&operation, again).await;
}
