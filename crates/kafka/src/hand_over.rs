//! Gives a token to a client that nobody polls. librdkafka asks for tokens from inside of `poll`; what only asks for
//! metadata, and the admin client, are never polled, and would wait for a token in vain.

use std::ffi::CString;

use rdkafka::ClientContext;
use rdkafka::bindings::rd_kafka_oauthbearer_set_token;
use rdkafka::client::{Client, OAuthToken};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;

/// The room for librdkafka's reason.
const REASON_BYTES: usize = 512;

/// Hands `token` over; connections that wait for one go on.
#[expect(unsafe_code, reason = "the one way to hand a token over, which rdkafka has no safe form of")]
pub(crate) fn hand_over<C: ClientContext>(client: &Client<C>, token: OAuthToken) -> KafkaResult<()> {
    let refused = |reason: String| KafkaError::ClientCreation(format!("the token is not taken: {reason}"));
    let text = CString::new(token.token).map_err(|_| refused("it holds a NUL".to_owned()))?;
    let name = CString::new(token.principal_name).map_err(|_| refused("its name holds a NUL".to_owned()))?;
    let mut reason = [0_u8; REASON_BYTES];
    // SAFETY: the client lives as long as its reference, both strings end with a NUL and are copied before the call
    // returns, there are no extensions, and the reason is written within the bounds that are given.
    let code = unsafe {
        rd_kafka_oauthbearer_set_token(
            client.native_ptr(),
            text.as_ptr(),
            token.lifetime_ms,
            name.as_ptr(),
            std::ptr::null_mut(),
            0,
            reason.as_mut_ptr().cast(),
            reason.len(),
        )
    };
    match code {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        _ => Err(refused(String::from_utf8_lossy(&reason).trim_end_matches('\0').to_owned())),
    }
}
