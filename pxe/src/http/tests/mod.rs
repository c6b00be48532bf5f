//! The handlers without a socket: each answer by name, and the interlock over all orders of events.

mod answers;
mod interlock;

use std::net::Ipv4Addr;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{HeaderMap, Method, StatusCode};

use super::{Asked, boot, kickstart, report};
use crate::World;
use crate::fixture::ends;
use crate::script::Loader;

/// A request from `from`.
fn asked(from: Ipv4Addr, method: Method) -> Asked {
    Asked {
        ends: ends(from),
        method,
        path: String::new(),
        headers: HeaderMap::new(),
    }
}

async fn text(reply: super::Reply) -> (StatusCode, String) {
    let status = reply.status();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn script(world: &World, from: Ipv4Addr, method: Method) -> String {
    let reply = boot::serve(world, &asked(from, method), Loader::Ipxe).await;
    let (status, body) = text(reply).await;
    assert_eq!(
        status,
        StatusCode::OK,
        "a loader gets a script, whatever it says"
    );
    body
}

async fn kickstart(
    world: &World,
    (from, token): (Ipv4Addr, &str),
    method: Method,
) -> (StatusCode, String) {
    text(kickstart::serve(world, &asked(from, method), token).await).await
}

async fn report(world: &World, (from, token): (Ipv4Addr, &str), body: &str) -> StatusCode {
    let body = Some(Bytes::copy_from_slice(body.as_bytes()));
    let reply = report::serve(world, &asked(from, Method::POST), (token, body)).await;
    reply.status()
}
