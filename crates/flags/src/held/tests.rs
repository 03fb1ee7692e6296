//! A file holds from start to end of a program, through good and bad changes.

use serde_json::{Value, json};

use super::*;
use crate::Program;

/// A file of a test's own, replaced the way Kubernetes does it: what its path leads to is exchanged.
struct Mounted(PathBuf);

impl Mounted {
    fn with(content: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("farol-flags-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        let mounted = Self(folder);
        mounted.replace(content);
        std::os::unix::fs::symlink(mounted.0.join("..data").join("flags.json"), mounted.path()).unwrap();
        mounted
    }

    fn path(&self) -> PathBuf {
        self.0.join("flags.json")
    }

    fn replace(&self, content: &str) {
        let next = format!("..{}", uuid::Uuid::new_v4());
        std::fs::create_dir(self.0.join(&next)).unwrap();
        std::fs::write(self.0.join(&next).join("flags.json"), content).unwrap();
        std::os::unix::fs::symlink(&next, self.0.join("..data_tmp")).unwrap();
        std::fs::rename(self.0.join("..data_tmp"), self.0.join("..data")).unwrap();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn who(program: Program) -> Who {
    let service = match program {
        Program::Gateway => "farol-gateway",
        Program::Worker => "farol-worker",
    };
    Who { program, service, version: "0.1.0", instance: "pod-1".to_owned() }
}

fn flag(variants: Value, holds: &str) -> Value {
    json!({ "state": "ENABLED", "variants": variants, "defaultVariant": holds })
}

fn content(shed: &str, receipts: &str) -> String {
    let variants = json!({ "none": {}, "bulk": { "types": ["bulk"], "retryAfterSeconds": 7 } });
    let flags = json!({
        "shed-events": flag(variants, shed),
        "receipt-cache": flag(json!({ "on": true, "off": false }), receipts),
    });
    json!({ "flags": flags }).to_string()
}

/// Waits until it is so; what is waited for is a thread's or a timer's work.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not come");
}

#[tokio::test]
async fn without_a_file_nothing_is_shed_and_all_is_as_built_in() {
    let flags = Flags::load(None, who(Program::Gateway)).await.unwrap();
    assert!(flags.shedding().is_none() && flags.receipt_cache() && flags.row_retention());
    let report = json!(flags.report());
    let keys: Vec<_> = report["values"].as_array().unwrap().iter().map(|flag| &flag["key"]).collect();
    assert_eq!(keys, ["shed-events", "trace-sampling-ratio", "receipt-cache"]);
    assert_eq!(report["sha256"], Value::Null);
    assert_eq!(
        report["values"][1],
        json!({ "key": "trace-sampling-ratio", "value": null, "variant": null, "reason": "default" })
    );
}

#[tokio::test]
async fn a_worker_is_told_of_its_own_flags_and_takes_a_file_with_others() {
    let variants = json!({ "on": true, "off": false });
    let flags =
        json!({ "row-retention": flag(variants.clone(), "off"), "receipt-cache": flag(variants, "off") });
    let mounted = Mounted::with(&json!({ "flags": flags }).to_string());
    let flags = Flags::load(Some(&mounted.path()), who(Program::Worker)).await.unwrap();
    assert!(!flags.row_retention() && flags.receipt_cache());
    let keys: Vec<_> = flags.report().values.iter().map(|flag| flag.key).collect();
    assert_eq!(keys, ["trace-sampling-ratio", "row-retention"]);
}

#[tokio::test]
async fn targeting_and_a_disabled_flag_are_told_with_their_reason() {
    let mut by_service = flag(json!({ "on": true, "off": false }), "on");
    by_service["targeting"] = json!({ "if": [{ "==": [{ "var": "service" }, "farol-gateway"] }, "off"] });
    let mut disabled = flag(json!({ "all": { "sources": ["/"] } }), "all");
    disabled["state"] = json!("DISABLED");
    let content = json!({ "flags": { "receipt-cache": by_service, "shed-events": disabled } });
    let mounted = Mounted::with(&content.to_string());
    let flags = Flags::load(Some(&mounted.path()), who(Program::Gateway)).await.unwrap();
    assert!(flags.shedding().is_none() && !flags.receipt_cache());
    let reasons: Vec<_> = flags.report().values.into_iter().map(|flag| (flag.key, flag.reason)).collect();
    let expected = [
        ("shed-events", "disabled"),
        ("trace-sampling-ratio", "default"),
        ("receipt-cache", "targeting_match"),
    ];
    assert_eq!(reasons, expected.map(|(key, reason)| (key, reason.to_owned())));
}

#[tokio::test]
async fn a_wrong_file_at_start_is_an_error_that_names_it() {
    let mounted = Mounted::with("{");
    let path = mounted.path();
    let error = Flags::load(Some(&path), who(Program::Gateway)).await.err().unwrap().to_string();
    assert!(error.contains(path.to_str().unwrap()) && error.contains("line 1"), "{error}");
    let missing = path.with_file_name("missing");
    let error = Flags::load(Some(&missing), who(Program::Gateway)).await.err().unwrap();
    assert!(matches!(error, FlagsError::Unreadable { .. }), "{error}");
}

#[tokio::test]
async fn a_changed_file_holds_and_a_wrong_one_changes_nothing_until_it_is_mended() {
    let mounted = Mounted::with(&content("none", "on"));
    let flags = Arc::new(Flags::load(Some(&mounted.path()), who(Program::Gateway)).await.unwrap());
    let following = tokio::spawn(Arc::clone(&flags).follow());
    assert!(flags.shedding().is_none());

    mounted.replace(&content("bulk", "off"));
    until("shedding", || flags.shedding().is_some()).await;
    until("receipts off", || !flags.receipt_cache()).await;
    let shedding = flags.shedding().unwrap();
    assert!(shedding.covers("bulk", "/a", [0; 16]) && !shedding.covers("other", "/a", [0; 16]));
    assert_eq!(shedding.retry_after(), Duration::from_secs(7));
    assert_eq!(flags.report().sha256, Some(file::digest(&content("bulk", "off"))));

    mounted.replace("{");
    until("the wrong file is seen", || flags.report().file_is_wrong).await;
    assert!(flags.shedding().is_some() && !flags.receipt_cache());
    std::fs::remove_file(mounted.0.join("..data")).unwrap();
    tokio::time::sleep(LOOK + LOOK).await;
    assert!(flags.shedding().is_some() && flags.report().file_is_wrong);

    mounted.replace(&content("none", "on"));
    until("the mended file holds", || flags.shedding().is_none() && flags.receipt_cache()).await;
    until("it is right again", || !flags.report().file_is_wrong).await;
    following.abort();
}
