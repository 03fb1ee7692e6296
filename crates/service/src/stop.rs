//! The one place that knows which signals mean "stop".

use tokio::signal::unix::{SignalKind, signal};

/// Completes at the first SIGTERM or SIGINT. Later ones are not listened to: stopping has its own deadline.
pub async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    tracing::info!(name: "stop_signal", signal = name, "stopping");
    Ok(())
}
