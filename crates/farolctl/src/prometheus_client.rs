//! Prometheus's HTTP API: asks one question over a stretch of time. It owns Prometheus's JSON,
//! not what is asked nor how an answer is shown.

use std::{collections::BTreeMap, time::Duration};

use reqwest::Url;
use serde::Deserialize;

use crate::https;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A client of one Prometheus.
pub(crate) struct PrometheusClient {
    http: reqwest::Client,
    base: Url,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "no answer from Prometheus at {url}: {cause}\n  Is it running? `make up` starts the local stack; --prometheus or FAROL_PROMETHEUS_URL names another."
    )]
    Unreachable { url: String, cause: String },
    #[error("Prometheus at {url} answered {status}: {body}")]
    Refused { url: String, status: u16, body: String },
    #[error(
        "what answers at {url} is not Prometheus: {cause}\n  Check --prometheus or FAROL_PROMETHEUS_URL."
    )]
    Malformed { url: String, cause: String },
    #[error(transparent)]
    Client(#[from] https::Error),
}

/// A stretch of time that is looked at every `step`; seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) step: f64,
}

/// One series of an answer: its labels, and (seconds since 1970, value). A value may be NaN or infinite.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) points: Vec<(f64, f64)>,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Answer {
    Success { data: Matrix },
    Error { error: String },
}

#[derive(Deserialize)]
struct Matrix {
    result: Vec<RawSeries>,
}

#[derive(Deserialize)]
struct RawSeries {
    metric: BTreeMap<String, String>,
    /// Of a stretch of time.
    #[serde(default)]
    values: Vec<(f64, String)>,
    /// Of one moment.
    value: Option<(f64, String)>,
}

impl Window {
    /// The stretch that ends at `now`, on whole steps, so that asking again gives the same points.
    pub(crate) fn ending(now: f64, length: Duration, step: Duration) -> Self {
        let step = step.as_secs_f64();
        let end = (now / step).floor() * step;
        Self { start: end - (length.as_secs_f64() / step).floor() * step, end, step }
    }
}

impl PrometheusClient {
    pub(crate) fn new(base: Url) -> Result<Self, Error> {
        Ok(Self { http: https::client(&base, TIMEOUT)?, base })
    }

    /// The address it was given.
    pub(crate) fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The values of `query` at each step of `window`; no series where it finds none.
    pub(crate) async fn range(&self, query: &str, window: Window) -> Result<Vec<Series>, Error> {
        let asked = [
            ("query", query.to_owned()),
            ("start", number(window.start)),
            ("end", number(window.end)),
            ("step", number(window.step)),
        ];
        self.ask("query_range", &asked).await
    }

    /// The value of `query` at one moment, in Prometheus's order; no series where it finds none.
    pub(crate) async fn instant(&self, query: &str, time: f64) -> Result<Vec<Series>, Error> {
        self.ask("query", &[("query", query.to_owned()), ("time", number(time))]).await
    }

    async fn ask(&self, endpoint: &str, asked: &[(&str, String)]) -> Result<Vec<Series>, Error> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/api/v1/{endpoint}", self.base.path().trim_end_matches('/')));
        let unreachable = |error: reqwest::Error| Error::Unreachable {
            url: self.address().to_owned(),
            cause: https::cause(&error),
        };
        let response = self.http.get(url).query(asked).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let body = response.text().await.map_err(unreachable)?;
        self.read(status, &body)
    }

    fn read(&self, status: u16, body: &str) -> Result<Vec<Series>, Error> {
        let url = self.address().to_owned();
        match serde_json::from_str(body) {
            Ok(Answer::Success { data }) => data
                .result
                .into_iter()
                .map(series)
                .collect::<Result<_, _>>()
                .map_err(|cause| Error::Malformed { url, cause }),
            Ok(Answer::Error { error }) => Err(Error::Refused { url, status, body: error }),
            // a proxy in front of it says no in its own words
            Err(_) if status != 200 => {
                Err(Error::Refused { url, status, body: body.chars().take(200).collect() })
            }
            Err(error) => Err(Error::Malformed { url, cause: error.to_string() }),
        }
    }
}

fn number(value: f64) -> String {
    format!("{value:.3}")
}

fn series(raw: RawSeries) -> Result<Series, String> {
    let point = |(time, text): (f64, String)| match text.parse() {
        Ok(value) => Ok((time, value)),
        Err(_) => Err(format!("{text:?} is no number")),
    };
    let points = raw.values.into_iter().chain(raw.value);
    Ok(Series { labels: raw.metric, points: points.map(point).collect::<Result<_, _>>()? })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Error, PrometheusClient, Window};

    fn client() -> PrometheusClient {
        PrometheusClient::new("http://127.0.0.1:9/".parse().unwrap()).unwrap()
    }

    #[test]
    fn every_value_that_prometheus_writes_is_read() {
        let body = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"job":"worker"},"values":[[1.5,"0.25"],[2,"NaN"],[3,"+Inf"],[4,"-Inf"],[5,"1e-9"]]}]}}"#;
        let series = client().read(200, body).unwrap();
        assert_eq!(series[0].labels["job"], "worker");
        let values: Vec<f64> = series[0].points.iter().map(|point| point.1).collect();
        assert!(values[1].is_nan());
        assert_eq!(
            [values[0], values[2], values[3], values[4]],
            [0.25, f64::INFINITY, f64::NEG_INFINITY, 1e-9]
        );
    }

    #[test]
    fn the_value_of_one_moment_is_a_series_of_one_point() {
        let body = r#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"type":"b"},"value":[1.5,"3"]},{"metric":{"type":"a"},"value":[1.5,"2"]}]}}"#;
        let series = client().read(200, body).unwrap();
        assert_eq!((series[0].labels["type"].as_str(), &series[0].points), ("b", &vec![(1.5, 3.0)]));
        assert_eq!((series[1].labels["type"].as_str(), &series[1].points), ("a", &vec![(1.5, 2.0)]));
    }

    #[test]
    fn an_empty_answer_is_no_series_and_no_error() {
        let body = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
        assert_eq!(client().read(200, body).unwrap(), []);
    }

    #[test]
    fn a_refused_question_says_why() {
        let body = r#"{"status":"error","errorType":"bad_data","error":"parse error: unexpected end"}"#;
        let error = client().read(400, body).unwrap_err();
        assert!(error.to_string().ends_with("answered 400: parse error: unexpected end"), "{error}");
        let error = client().read(502, "<html>bad gateway</html>").unwrap_err();
        assert!(matches!(error, Error::Refused { status: 502, .. }), "{error}");
    }

    #[test]
    fn something_else_than_prometheus_is_recognised() {
        for body in [
            "<html></html>",
            "{}",
            r#"{"status":"success","data":{"result":[{"metric":{},"values":[[1,"x"]]}]}}"#,
        ] {
            let error = client().read(200, body).unwrap_err();
            assert!(matches!(error, Error::Malformed { .. }), "{error}");
        }
    }

    #[tokio::test]
    async fn nobody_at_the_address_is_said_with_the_address() {
        let port = testkit::closed_port();
        let client =
            PrometheusClient::new(format!("http://127.0.0.1:{port}/prometheus/").parse().unwrap()).unwrap();
        let error = client.range("up", Window { start: 0.0, end: 1.0, step: 1.0 }).await.unwrap_err();
        assert!(error.to_string().contains(&format!("at http://127.0.0.1:{port}/prometheus: ")), "{error}");
    }

    #[test]
    fn a_window_lies_on_whole_steps() {
        let window = Window::ending(1_003.7, Duration::from_secs(62), Duration::from_secs(5));
        assert_eq!(window, Window { start: 940.0, end: 1_000.0, step: 5.0 });
    }
}
