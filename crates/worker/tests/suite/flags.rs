//! Feature flags of the worker.

use std::fs::File;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use testkit::{FlagsFile, eventually};

use crate::process::{command, signal};
use crate::retention::{days, with_an_old_day};
use crate::support::Ground;

#[tokio::test(flavor = "multi_thread")]
async fn while_row_retention_is_off_no_old_row_leaves_and_it_says_so() {
    let ground = Ground::prepare(1).await;
    with_an_old_day(&ground, 40).await;
    let file = FlagsFile::with(&[("row-retention", json!(false))]);
    let address = format!("127.0.0.1:{}", testkit::closed_port());
    let log = std::env::temp_dir().join(format!("farol-log-{}", uuid::Uuid::new_v4()));
    let mut worker = command(&ground.topic, &ground.database)
        .env("FAROL_MANAGEMENT_ADDR", &address)
        .env("FAROL_FLAGS_FILE", file.path())
        .env("FAROL_ROW_RETENTION", "30days")
        .stdout(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    eventually("it says that nothing leaves", || async {
        std::fs::read_to_string(&log).unwrap().contains("retention_paused").then_some(())
    })
    .await;
    assert_eq!(days(&ground).await, 9, "eight of its own, and the old one");

    let page = reqwest::get(format!("http://{address}/version")).await.unwrap().text().await.unwrap();
    let version: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(version["name"], "farol-worker");
    let retention =
        json!({ "key": "row-retention", "value": false, "variant": "chosen", "reason": "static" });
    assert_eq!(version["flags"]["values"][1], retention);
    signal(&worker, Signal::SIGTERM);
    assert!(worker.wait().unwrap().success());
    std::fs::remove_file(&log).unwrap();
}

#[tokio::test]
async fn a_start_with_a_wrong_file_is_refused_and_names_the_mistake() {
    let ground = Ground::prepare(1).await;
    let file = FlagsFile::with(&[]);
    file.replace_text("{");
    let mut command = command(&ground.topic, &ground.database);
    let output =
        command.env("FAROL_FLAGS_FILE", file.path()).stdout(std::process::Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&file.path()) && said.contains("line 1"), "{said}");
}
