//! The handlers without a socket: each answer by name, and the interlock over all orders of events.

mod answers;
mod interlock;
mod trial;

use std::net::Ipv4Addr;

use bytes::Bytes;

use super::head::{Agent, Head, Method};
use super::reply::Body;
use super::status::Status;
use super::{Asked, boot, kickstart, report};
use crate::World;
use crate::fixture::ends;
use crate::script::Loader;

/// A request from `from`.
fn asked(from: Ipv4Addr, method: Method) -> Asked {
    Asked {
        ends: ends(from),
        head: Head {
            method,
            path: "/".to_owned(),
            range: None,
            if_range: None,
            agent: Agent::Other,
            body: 0,
            expects: false,
            stays: true,
        },
    }
}

fn text(reply: super::Reply) -> (Status, String) {
    let Body::Bytes(body) = reply.body else {
        panic!("a file");
    };
    (reply.status, String::from_utf8(body.to_vec()).unwrap())
}

async fn script(world: &World, from: Ipv4Addr, method: Method) -> String {
    let reply = boot::serve(world, &asked(from, method), Loader::Ipxe).await;
    let (status, body) = text(reply);
    assert_eq!(
        status,
        Status::Ok,
        "a loader gets a script, whatever it says"
    );
    body
}

async fn kickstart(
    world: &World,
    (from, token): (Ipv4Addr, &str),
    method: Method,
) -> (Status, String) {
    text(kickstart::serve(world, &asked(from, method), token).await)
}

async fn report(world: &World, (from, token): (Ipv4Addr, &str), body: &str) -> Status {
    let body = Some(Bytes::copy_from_slice(body.as_bytes()));
    let reply = report::serve(world, &asked(from, Method::Post), (token, body)).await;
    reply.status
}
