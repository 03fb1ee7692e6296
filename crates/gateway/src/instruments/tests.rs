//! The table of metrics in docs/TELEMETRY.md and the code say the same.

#[test]
fn every_metric_is_in_the_table_of_docs_telemetry_and_every_one_there_is_described() {
    let described = testkit::described_metrics(|| {
        telemetry::describe();
        super::describe();
    });
    assert_eq!(described, testkit::documented_metrics("gateway"));
}
