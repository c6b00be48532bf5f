//! `hinode secret`: values come on standard input, never in argv, and never go out in the clear.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;

use super::{CliError, Client, print_json};
use crate::api::types;

/// Keeps the secret that comes on standard input; the last line break is not part of it.
pub(super) async fn set(client: &Client, name: &str) -> Result<(), CliError> {
    let mut value = String::new();
    std::io::stdin()
        .read_to_string(&mut value)
        .map_err(|source| CliError::Io {
            what: "standard input".to_owned(),
            source,
        })?;
    let value = value.trim_end_matches(['\r', '\n']).to_owned();
    let path = format!("/v1/secrets/{name}");
    let kept: types::SecretInfo = client
        .send(Method::PUT, &path, &types::SetSecret { value })
        .await?;
    println!("secret {} is kept", kept.name);
    Ok(())
}

/// Names of the secrets.
pub(super) async fn list(client: &Client, json: bool) -> Result<(), CliError> {
    let secrets: Vec<types::SecretInfo> = client.get("/v1/secrets").await?;
    for secret in secrets {
        if json {
            print_json(&secret)?;
        } else {
            println!(
                "{:<24} set {}",
                secret.name,
                secret.set_at.strftime("%Y-%m-%d %H:%M:%S")
            );
        }
    }
    Ok(())
}

/// All secrets, encrypted to somebody's key, as an age file.
pub(super) async fn export(client: &Client, recipient: String) -> Result<(), CliError> {
    let exported: types::Exported = client
        .send(
            Method::POST,
            "/v1/export-secrets",
            &types::Recipient { recipient },
        )
        .await?;
    let broken = |error: base64::DecodeError| CliError::Io {
        what: "the exported file".to_owned(),
        source: std::io::Error::other(error),
    };
    let file = STANDARD.decode(exported.file).map_err(broken)?;
    std::io::stdout()
        .write_all(&file)
        .map_err(|source| CliError::Io {
            what: "standard output".to_owned(),
            source,
        })
}
