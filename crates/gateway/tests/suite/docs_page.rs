//! The page of the API as it comes from the gateway; what its scripts do is tested in a browser.

use crate::support::{Running, json, start};

async fn page(gateway: &Running) -> String {
    let response = gateway.get("/docs").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    response.text().await.unwrap()
}

#[tokio::test]
async fn all_that_the_document_says_can_be_read_without_javascript() {
    let gateway = start(&[]).await;
    let html = page(&gateway).await;
    let document = json(gateway.get("/openapi.json").send().await.unwrap()).await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(
                html.contains(&format!("<section class=\"card operation\" id=\"{id}\"")),
                "{method} {path}"
            );
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                assert!(html.contains(&format!("<th scope=\"row\"><code>{name}</code>")), "{id}: {name}");
            }
        }
    }
    for kind in document["components"]["schemas"]["ProblemType"]["enum"].as_array().unwrap() {
        assert!(html.contains(kind.as_str().unwrap()), "{kind}");
    }
}

#[tokio::test]
async fn each_link_within_the_page_leads_somewhere_and_nothing_comes_from_elsewhere() {
    let html = page(&start(&[]).await).await;
    let named = |attribute: &str| -> Vec<String> {
        let parts = html.split(attribute).skip(1);
        parts.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let places = named(" id=\"");
    let links = named(" href=\"");
    assert!(links.len() > 30, "{links:?}");
    for link in &links {
        let inside = link.strip_prefix('#');
        assert!(inside.is_none_or(|place| places.iter().any(|id| id == place)), "{link} leads nowhere");
        assert!(link.starts_with(['#', '/']), "{link} is elsewhere");
    }
    let mut once = places.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), places.len(), "an id is given twice");
    for inline in ["<style", " style=", " onclick=", "<script>"] {
        assert!(!html.contains(inline), "{inline}");
    }
}

#[tokio::test]
async fn it_asks_for_a_key_only_where_one_is_needed() {
    assert!(page(&start(&[]).await).await.contains("<input id=\"key\" type=\"password\""));
    let open = page(&start(&[("FAROL_AUTH", "off".to_owned())]).await).await;
    assert!(!open.contains("id=\"key\""), "{open}");
    assert!(!open.contains("Needs a key"), "{open}");
}

#[tokio::test]
async fn its_scripts_are_served() {
    let gateway = start(&[]).await;
    assert!(page(&gateway).await.contains("src=\"/assets/docs.js\""));
    let script = gateway.get("/assets/docs.js").send().await.unwrap();
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
}
