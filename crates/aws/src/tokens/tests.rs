use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use aws_credential_types::provider::future::ProvideCredentials as Providing;

use super::*;

const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const HOST: &str = "farol.abc123.us-east-2.rds.amazonaws.com";

/// 2026-11-21 12:00:00 UTC, at which the expected signatures were made.
fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_262_400)
}

fn credentials(session: Option<&str>, expiry: Option<SystemTime>) -> Credentials {
    Credentials::new(ACCESS_KEY, SECRET_KEY, session.map(str::to_owned), expiry, "test")
}

/// The URL in a token for Kafka.
fn url(token: &Token) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.text.reveal()).unwrap()).unwrap()
}

// The expected URLs were made by botocore 1.44.5 with its clock held at noon:
// `SigV4QueryAuth(credentials, "kafka-cluster", "us-east-2", expires=900).add_auth(AWSRequest("GET",
// "https://kafka.us-east-2.amazonaws.com/?Action=kafka-cluster%3AConnect"))`, and
// `generate_db_auth_token(HOST, 5432, "farol gateway")` of its RDS client.

#[test]
fn a_token_for_kafka_is_signed_as_botocore_signs_it() {
    let signed = |session: &str, signature: &str| {
        format!(
            "https://kafka.us-east-2.amazonaws.com/?Action=kafka-cluster%3AConnect\
             &X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIDEXAMPLE%2F20261121%2Fus-east-2%2Fkafka-cluster%2Faws4_request\
             &X-Amz-Date=20261121T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host{session}\
             &X-Amz-Signature={signature}"
        )
    };
    for (session, shown, signature) in [
        (None, "", "1f5ecf0466af9469931b40a165338dcbe55001747eb13dc9935a4ee8077228c0"),
        (
            Some("IQoJb3JpZ2luX2VjEXAMPLE+/=="),
            "&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2B%2F%3D%3D",
            "f237efcaad85cfae3b43a43bd11c76e1274711bcdd4ad55af3c6553aa49d46ba",
        ),
    ] {
        let token = kafka_token("us-east-2", &credentials(session, None), noon(), LIFE).unwrap();
        let url = url(&token);
        let (signed_part, agent) = url.rsplit_once("&User-Agent=").unwrap();
        assert_eq!(sorted(signed_part), sorted(&signed(shown, signature)));
        assert!(agent.starts_with("farol%2F"), "{agent}");
        assert_eq!(token.expires, noon() + LIFE);
    }
}

#[test]
fn a_password_for_rds_is_signed_as_botocore_signs_it() {
    for (session, shown, signature) in [
        (None, "", "4a08a2b77a37b54ac7e1d0b3e13c357dbc6f9551bde130a717a205123c16769b"),
        (
            Some("IQoJb3JpZ2luX2VjEXAMPLE+/=="),
            "&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2B%2F%3D%3D",
            "2286497646f12dd15bcb2277b68889290542ab63c09ef84cdde8c525ab3da838",
        ),
    ] {
        let place = (HOST, 5432, "farol gateway");
        let password = database_password("us-east-2", &credentials(session, None), noon(), place).unwrap();
        let expected = format!(
            "{HOST}:5432/?Action=connect&DBUser=farol%20gateway&X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIDEXAMPLE%2F20261121%2Fus-east-2%2Frds-db%2Faws4_request\
             &X-Amz-Date=20261121T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host{shown}\
             &X-Amz-Signature={signature}"
        );
        assert_eq!(sorted(password.reveal()), sorted(&expected));
    }
}

/// A URL's address, then its parameters, whose order means nothing.
fn sorted(url: &str) -> Vec<String> {
    let (address, query) = url.split_once('?').unwrap();
    let mut parameters: Vec<String> = query.split('&').map(str::to_owned).collect();
    parameters.sort();
    parameters.insert(0, address.to_owned());
    parameters
}

#[test]
fn a_token_ends_no_later_than_what_signed_it() {
    let five_minutes = Duration::from_secs(300);
    let credentials = credentials(None, Some(noon() + five_minutes));
    let token = kafka_token("us-east-2", &credentials, noon(), LIFE).unwrap();
    assert_eq!(token.expires, noon() + five_minutes);
    assert!(url(&token).contains("&X-Amz-Expires=300&"), "{}", url(&token));
}

/// Gives credentials that end in so many seconds, and counts how often it was asked.
#[derive(Debug, Clone, Default)]
struct Counting {
    asked: Arc<AtomicUsize>,
    lives_for: Option<Duration>,
}

impl ProvideCredentials for Counting {
    fn provide_credentials<'a>(&'a self) -> Providing<'a>
    where
        Self: 'a,
    {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let ends = self.lives_for.map(|life| SystemTime::now() + life);
        Providing::ready(Ok(credentials(None, ends)))
    }
}

#[test]
fn credentials_are_asked_for_once_while_they_serve() {
    let provider = Counting { lives_for: Some(Duration::from_secs(7_200)), ..Counting::default() };
    let signer = Signer::of("us-east-2", provider.clone(), LIFE);
    assert_eq!(provider.asked.load(Ordering::Relaxed), 0, "nothing is asked before a token is");
    for _ in 0..5 {
        signer.clone().kafka_token().unwrap();
    }
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn tokens_are_had_in_and_out_of_a_runtime() {
    let provider = Counting::default();
    let signer = Signer::of("us-east-2", provider.clone(), LIFE);
    // As librdkafka's callback may be: on a thread that drives a runtime.
    signer.kafka_token().unwrap();
    signer.database_password(HOST, 5432, "farol").await.unwrap();
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn credentials_that_have_expired_sign_nothing() {
    let provider = Counting { lives_for: Some(Duration::from_secs(1)), ..Counting::default() };
    let refused = Signer::of("us-east-2", provider, LIFE).kafka_token().unwrap_err().to_string();
    assert!(refused.contains("expired") && refused.contains("service account"), "{refused}");
    assert!(!refused.contains(SECRET_KEY) && !refused.contains(ACCESS_KEY), "{refused}");
}

#[test]
fn a_signer_needs_a_region_and_shows_no_secret() {
    for (region, named) in [("", "AWS_REGION is not set"), ("us-east-2.example/", "AWS_REGION is \"us")] {
        let mut env = Environment::new(|name| (name == REGION).then(|| region.to_owned()));
        let signer = Signer::read(&mut env);
        let mistakes = env.finish(signer).unwrap_err().to_string();
        assert!(mistakes.contains(named), "{mistakes}");
    }
    let signer = Signer::of("us-east-2", credentials(None, None), LIFE);
    let token = signer.kafka_token().unwrap();
    assert_eq!(format!("{signer:?}"), "Signer { region: \"us-east-2\", .. }");
    assert!(!format!("{token:?}").contains(token.text.reveal()));
}
