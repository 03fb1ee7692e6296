//! The rivals: what a team would write instead of the gateway, in the two stacks that most would take. The programs
//! are in deploy/bench/rivals; here they are started, each with a topic of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Error,
    ground::{Ground, free},
    process::{Process, command},
    requests::Target,
    side::Side,
};

pub(crate) const FLASK: &str = "flask";
pub(crate) const FASTAPI_1: &str = "fastapi, 1 worker";
pub(crate) const FASTAPI_2: &str = "fastapi, 2 workers";
/// What a reader wants to know the version of, as its folder is named.
const PACKAGES: [&str; 8] =
    ["flask", "gunicorn", "confluent_kafka", "fastapi", "pydantic", "uvicorn", "uvloop", "aiokafka"];

/// Where the rivals are; without them they are left out
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Rivals {
    /// The folder of the rivals' programs: measure beside them
    #[arg(long, env = "FAROL_BENCH_RIVALS", value_name = "FOLDER")]
    #[arg(requires_all = ["flask_packages", "fastapi_packages"])]
    rivals: Option<PathBuf>,
    /// The folder that the Python packages of the first are in
    #[arg(long, env = "FAROL_BENCH_FLASK_PACKAGES", value_name = "FOLDER")]
    flask_packages: Option<PathBuf>,
    /// The folder that the Python packages of the second are in
    #[arg(long, env = "FAROL_BENCH_FASTAPI_PACKAGES", value_name = "FOLDER")]
    fastapi_packages: Option<PathBuf>,
    /// Python, as the packages were installed for
    #[arg(long, env = "FAROL_BENCH_PYTHON", value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
}

/// How one rival is started.
struct Recipe<'a> {
    name: &'static str,
    packages: &'a Path,
    words: Vec<String>,
}

impl Rivals {
    pub(crate) fn are_wanted(&self) -> bool {
        self.rivals.is_some()
    }

    /// Which versions of what they stand on are installed.
    pub(crate) fn versions(&self) -> Option<String> {
        let folders = [self.flask_packages.as_ref()?, self.fastapi_packages.as_ref()?];
        let entries = folders.into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut found: Vec<_> = names.filter_map(|name| version(&name)).collect();
        found.sort();
        Some(found.join(", "))
    }

    /// All rivals, ready; none if they are not wanted.
    pub(crate) async fn start(&self, ground: &Ground) -> Result<Vec<Side>, Error> {
        let (Some(programs), Some(flask), Some(fastapi)) =
            (&self.rivals, &self.flask_packages, &self.fastapi_packages)
        else {
            return Ok(Vec::new());
        };
        let mut sides =
            vec![self.one(ground, programs, Recipe::flask(flask, ground.size.connections)).await?];
        for (name, workers) in [(FASTAPI_1, 1), (FASTAPI_2, 2)] {
            sides.push(self.one(ground, programs, Recipe::fastapi(name, fastapi, workers)).await?);
        }
        Ok(sides)
    }

    async fn one(&self, ground: &Ground, programs: &Path, recipe: Recipe<'_>) -> Result<Side, Error> {
        let (address, topic) = (free()?, ground.topic(ground.size.partitions).await?);
        let log = ground.folder("rival")?.join("rival.log");
        let mut command = command(&self.python, &log, &[])?;
        let port = address.rsplit(':').next().unwrap_or_default();
        command.args(recipe.words.iter().map(|word| word.replace("ADDRESS", &address).replace("PORT", port)));
        command.env("PYTHONPATH", recipe.packages).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(programs);
        command.env("KAFKA_BROKERS", &ground.brokers).env("KAFKA_TOPIC", topic);
        let mut process = Process::start_leader(recipe.name, command, log)?;
        process.wait_ready(&address).await?;
        Side::new(recipe.name, process, Target { host: address, key: None })
    }
}

impl<'a> Recipe<'a> {
    /// Two processes, and between them a thread for every connection: no client waits for a thread.
    fn flask(packages: &'a Path, connections: usize) -> Self {
        let threads = connections.div_ceil(2).to_string();
        let words = ["-m", "gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", &threads];
        let more = ["--keep-alive", "75", "--bind", "ADDRESS", "--log-level", "warning", "flask_app:app"];
        Self { name: FLASK, packages, words: owned(&[&words[..], &more].concat()) }
    }

    /// uvloop and httptools, which uvicorn takes where they are installed.
    fn fastapi(name: &'static str, packages: &'a Path, workers: u8) -> Self {
        let workers = workers.to_string();
        let words = ["-m", "uvicorn", "fastapi_app:app", "--host", "127.0.0.1", "--port", "PORT"];
        let more = ["--workers", &workers, "--no-access-log", "--log-level", "warning"];
        Self { name, packages, words: owned(&[&words[..], &more].concat()) }
    }
}

/// Of a folder such as `flask-3.1.3.dist-info`, where it is one of those that matter.
fn version(folder: &str) -> Option<String> {
    let (name, version) = folder.strip_suffix(".dist-info")?.split_once('-')?;
    PACKAGES.contains(&name.to_lowercase().as_str()).then(|| format!("{name} {version}"))
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_versions_that_matter_are_told() {
        assert_eq!(version("confluent_kafka-2.16.1.dist-info").as_deref(), Some("confluent_kafka 2.16.1"));
        assert_eq!(version("click-8.5.1.dist-info"), None);
        assert_eq!(version("flask"), None);
    }
}
