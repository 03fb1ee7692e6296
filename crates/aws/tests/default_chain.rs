//! AWS's default chain as a pod meets it. It looks at the variables of its process, so each case runs in a process of
//! its own: this program again, told by a variable which case it is.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;

use aws::Signer;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use service::Environment;

const CASE: &str = "FAROL_TEST_CASE";
/// What EKS puts into the pod for the agent to see.
const POD_TOKEN: &str = "the-pod-s-own-token";
const CREDENTIALS: &str = r#"{"AccessKeyId":"AKIDPOD","SecretAccessKey":"hidden","Token":"session",
    "Expiration":"2099-01-01T00:00:00Z"}"#;

fn signer() -> Signer {
    let mut env = Environment::new(|name| (name == "AWS_REGION").then(|| "us-east-2".to_owned()));
    let signer = Signer::read(&mut env);
    env.finish(signer).unwrap()
}

/// Whether this process is the one for the case.
fn is_case(test: &str) -> bool {
    std::env::var(CASE).is_ok_and(|case| case == test)
}

/// Runs a test of this file in a process that has these variables and no others.
fn run(test: &str, variables: &[(&str, &str)]) {
    let mut case = Command::new(std::env::current_exe().unwrap());
    case.args(["--exact", test]).env_clear().env(CASE, test).env("AWS_EC2_METADATA_DISABLED", "true");
    let ended = case.envs(variables.iter().copied()).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}

#[test]
fn a_pod_s_role_signs_by_the_agent_of_pod_identity() {
    if is_case("a_pod_s_role_signs_by_the_agent_of_pod_identity") {
        let token = signer().kafka_token().unwrap();
        let url = String::from_utf8(URL_SAFE_NO_PAD.decode(token.text.reveal()).unwrap()).unwrap();
        assert!(url.contains("X-Amz-Credential=AKIDPOD%2F") && url.contains("X-Amz-Security-Token=session"));
        return;
    }
    let agent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1/credentials", agent.local_addr().unwrap());
    let asked = std::thread::spawn(move || answer(&agent));
    let file = std::env::temp_dir().join(format!("farol-pod-token-{}", std::process::id()));
    std::fs::write(&file, POD_TOKEN).unwrap();
    run(
        "a_pod_s_role_signs_by_the_agent_of_pod_identity",
        &[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &address),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap()),
        ],
    );
    std::fs::remove_file(file).unwrap();
    let asked = asked.join().unwrap();
    assert!(
        asked.iter().any(|line| line.eq_ignore_ascii_case(&format!("authorization: {POD_TOKEN}"))),
        "{asked:?}"
    );
}

/// Answers one request, and tells its head.
fn answer(agent: &TcpListener) -> Vec<String> {
    let (mut connection, _) = agent.accept().unwrap();
    let lines = BufReader::new(connection.try_clone().unwrap()).lines().map(Result::unwrap);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let length = CREDENTIALS.len();
    let answer =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    connection.write_all((answer + CREDENTIALS).as_bytes()).unwrap();
    head
}

#[test]
fn without_any_credentials_the_error_says_where_they_were_looked_for() {
    if is_case("without_any_credentials_the_error_says_where_they_were_looked_for") {
        let refused = signer().kafka_token().unwrap_err().to_string();
        assert!(refused.contains("no AWS credentials") && refused.contains("EKS Pod Identity"), "{refused}");
        return;
    }
    run("without_any_credentials_the_error_says_where_they_were_looked_for", &[]);
}

#[test]
fn keys_in_variables_come_first() {
    if is_case("keys_in_variables_come_first") {
        signer().kafka_token().unwrap();
        return;
    }
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "hidden")];
    run("keys_in_variables_come_first", &keys);
}
