//! What a bench that failed or was interrupted has left on the servers: databases and topics by its name.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
};

use super::{database as failed, ground::Ground};
use crate::bench::Error;

const PATIENCE: Duration = Duration::from_secs(15);

/// Removes all that begins with this run's name.
pub(crate) async fn sweep(ground: &Ground) -> Result<(), Error> {
    databases(ground).await?;
    topics(ground)
        .await
        .map_err(|error| Error::Kafka { brokers: ground.brokers.clone(), cause: error.to_string() })
}

async fn databases(ground: &Ground) -> Result<(), Error> {
    let session = ground.session(&ground.server_url).await?;
    let query = "SELECT datname::text FROM pg_database WHERE starts_with(datname, $1)";
    for row in session.query(query, &[&ground.run]).await.map_err(|error| failed(&error))? {
        let name: String = row.try_get(0).map_err(|error| failed(&error))?;
        let dropped = session.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
        dropped.map_err(|error| failed(&error))?;
    }
    Ok(())
}

async fn topics(ground: &Ground) -> Result<(), KafkaError> {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", &ground.brokers).set("group.id", &ground.run);
    let reader: BaseConsumer = client.create()?;
    let metadata = reader.fetch_metadata(None, PATIENCE)?;
    let names = metadata.topics().iter().map(|topic| topic.name().to_owned());
    let names: Vec<String> = names.filter(|name| name.starts_with(&ground.run)).collect();
    if names.is_empty() {
        return Ok(());
    }
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", &ground.brokers).create()?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
    for deleted in admin.delete_topics(&names, &options).await? {
        deleted.map_err(|(_, code)| KafkaError::AdminOp(code))?;
    }
    Ok(())
}
