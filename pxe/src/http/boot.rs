//! Boot scripts over HTTP: for iPXE, and for GRUB that came over HTTP.

use super::Asked;
use super::head::Method;
use super::reply::{self, Reply};
use crate::World;
use crate::script::{self, Loader};

/// Always 200: a loader that gets anything else stops or shows a prompt, and the local boot text is an answer.
pub(super) async fn serve(world: &World, asked: &Asked, loader: Loader) -> Reply {
    let text = if asked.head.method == Method::Head {
        script::look(world, asked.ends, loader)
    } else {
        script::take(world, asked.ends, loader).await
    };
    reply::text(text)
}
