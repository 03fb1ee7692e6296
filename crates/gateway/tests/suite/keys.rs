//! Keys while the gateway runs: a changed file holds at once, a wrong one changes nothing.

use crate::support::{WRITER, answer, event, start};
use testkit::eventually;

#[tokio::test]
async fn a_changed_file_of_keys_holds_without_a_restart() {
    let gateway = start(&[]).await;
    assert_eq!(answer(gateway.post(WRITER, &event())).await.0, 202);
    gateway.keys.replace(&[("farol_next", &["*"], &["write"])]);
    eventually("the new key is taken", || async {
        (answer(gateway.post("farol_next", &event())).await.0 == 202).then_some(())
    })
    .await;
    assert_eq!(answer(gateway.post(WRITER, &event())).await.0, 401);
    gateway.keys.replace_text("{");
    eventually("the wrong file was seen", || async {
        let page = gateway.get("/metrics").send().await.unwrap().text().await.unwrap();
        page.contains("farol_keys_reloads_total{result=\"wrong\"}").then_some(())
    })
    .await;
    assert_eq!(answer(gateway.post("farol_next", &event())).await.0, 202);
}
