//! Kafka's protocol spoken by hand, for records that no client library would make
//! (<https://kafka.apache.org/protocol>, <https://kafka.apache.org/documentation/#messageformat>).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{PATIENCE, kafka_brokers};

const PRODUCE: i16 = 0;
const VERSION: i16 = 3;
const CORRELATION: i32 = 1;
/// CRC-32C's polynomial, its bits reversed.
const CASTAGNOLI: u32 = 0x82F6_3B78;

/// Puts one record without a key into partition 0 and waits for its acknowledgement; header names
/// are any bytes.
pub(crate) fn produce(topic: &str, headers: &[(&[u8], &[u8])], value: &[u8]) {
    let batch = batch(&record(headers, value));
    let mut request = Vec::new();
    for number in [PRODUCE, VERSION] {
        request.extend(number.to_be_bytes());
    }
    request.extend(CORRELATION.to_be_bytes());
    string(&mut request, "testkit");
    request.extend((-1_i16).to_be_bytes()); // no transaction
    request.extend((-1_i16).to_be_bytes()); // acks=all
    request.extend(i32::try_from(PATIENCE.as_millis()).unwrap().to_be_bytes());
    request.extend(1_i32.to_be_bytes());
    string(&mut request, topic);
    request.extend(1_i32.to_be_bytes());
    request.extend(0_i32.to_be_bytes());
    sized(&mut request, &batch);
    let answer = ask(&request);
    // The correlation, one topic with its name, one partition with its number: then the error.
    let at = 4 + 4 + 2 + topic.len() + 4 + 4;
    assert_eq!(answer[at..at + 2], [0, 0], "the broker refused the record: {answer:?}");
}

fn ask(request: &[u8]) -> Vec<u8> {
    let brokers = kafka_brokers();
    let mut broker = TcpStream::connect(brokers.split(',').next().unwrap()).unwrap();
    broker.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut framed = Vec::new();
    sized(&mut framed, request);
    broker.write_all(&framed).unwrap();
    let mut size = [0; 4];
    broker.read_exact(&mut size).unwrap();
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(size)).unwrap()];
    broker.read_exact(&mut answer).unwrap();
    answer
}

/// A batch of one record, in format 2.
fn batch(record: &[u8]) -> Vec<u8> {
    let mut checked = Vec::new();
    checked.extend(0_i16.to_be_bytes()); // attributes
    checked.extend(0_i32.to_be_bytes()); // last offset delta
    // One of 1970 is older than the topic keeps records: it would leave, perhaps before it is read.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_millis()).unwrap();
    for timestamp in [now, now] {
        checked.extend(timestamp.to_be_bytes());
    }
    checked.extend((-1_i64).to_be_bytes()); // producer id
    checked.extend((-1_i16).to_be_bytes()); // its epoch
    checked.extend((-1_i32).to_be_bytes()); // its sequence
    checked.extend(1_i32.to_be_bytes());
    checked.extend(record);
    let mut rest = (-1_i32).to_be_bytes().to_vec(); // leader's epoch
    rest.push(2);
    rest.extend(crc32c(&checked).to_be_bytes());
    rest.extend(checked);
    let mut batch = 0_i64.to_be_bytes().to_vec();
    sized(&mut batch, &rest);
    batch
}

fn record(headers: &[(&[u8], &[u8])], value: &[u8]) -> Vec<u8> {
    let mut content = vec![0, 0, 0]; // attributes, deltas of timestamp and offset
    varint(&mut content, -1); // no key
    bytes(&mut content, value);
    varint(&mut content, headers.len().try_into().unwrap());
    for (name, value) in headers {
        bytes(&mut content, name);
        bytes(&mut content, value);
    }
    let mut record = Vec::new();
    bytes(&mut record, &content);
    record
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.extend(i16::try_from(text.len()).unwrap().to_be_bytes());
    out.extend(text.as_bytes());
}

fn sized(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(i32::try_from(bytes.len()).unwrap().to_be_bytes());
    out.extend(bytes);
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    varint(out, bytes.len().try_into().unwrap());
    out.extend(bytes);
}

/// Zigzag, then seven bits a byte.
fn varint(out: &mut Vec<u8>, number: i32) {
    let mut rest = ((number << 1) ^ (number >> 31)).cast_unsigned();
    while rest > 0x7f {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ CASTAGNOLI } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
