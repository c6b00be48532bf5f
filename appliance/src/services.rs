//! The boot services. Follow with the services themselves.

use std::sync::Arc;

use tokio::sync::watch;

use crate::context::Context;
use crate::serve::until;

/// Why the boot services do not run.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A defect.
    #[error("a boot service ended by itself ({0}); report this as a defect")]
    Ended(String),
}

/// Serves until `stopped`.
pub async fn run(
    context: Arc<Context>,
    stopped: watch::Receiver<bool>,
) -> Result<(), ServiceError> {
    drop(context);
    until(stopped).await;
    Ok(())
}
