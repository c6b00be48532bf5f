//! The commands it knows.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::add_host::{self, Ask};
use super::answer::Refused;
use super::form::Form;
use super::world::{CLUSTER, POD, ZONE};
use super::{Shared, lists, locked, sign};

/// Required by `addHost`, in the order the server complains.
const ADD_HOST_NEEDS: [&str; 4] = ["zoneid", "podid", "hypervisor", "url"];

/// Checks who asks and how, then does it.
pub(super) async fn run(
    shared: &Arc<Shared>,
    method: &Method,
    form: &Form,
) -> Result<Value, Refused> {
    sign::verify(form, &shared.config.keys, shared.now()).map_err(|why| {
        tracing::warn!(command = form.command(), why, "not let in");
        Refused::unauthorized()
    })?;
    if form.get("response") != Some("json") {
        return Err(Refused::new(
            430,
            "this simulator answers only with response=json",
        ));
    }
    let world = &shared.config.world;
    match form.command().as_str() {
        "listzones" => lists::answer("zone", world.zones(), form),
        "listpods" => lists::answer("pod", world.pods(), form),
        "listclusters" => lists::answer("cluster", world.clusters(), form),
        "listhosts" => {
            let hosts = shared.hosts.all();
            let shown = hosts.iter().map(|host| host.shown(world)).collect();
            lists::answer("host", shown, form)
        }
        "listvirtualmachines" => lists::answer("virtualmachine", shared.guests.shown(form), form),
        // It has none of its own.
        "listrouters" => lists::answer("router", Vec::new(), form),
        "listsystemvms" => lists::answer("systemvm", Vec::new(), form),
        "listcapabilities" => Ok(capabilities()),
        // enforce.post.requests.and.timestamps
        "addhost" if method != Method::POST => {
            let text = "GET method not allowed for command addHost";
            Err(Refused::new(405, text))
        }
        "addhost" => add_host(shared, form).await,
        _ => Err(Refused::new(
            432,
            "The given command does not exist or it is not available for user",
        )),
    }
}

fn capabilities() -> Value {
    json!({"capability": {
        "cloudstackversion": "4.20.0.0", "securitygroupsenabled": false, "dynamicrolesenabled": true,
        "userpublictemplateenabled": true, "supportELB": "false", "kvmsnapshotenabled": false,
    }})
}

/// The server goes on adding when the client is gone, so this runs as a task of its own.
async fn add_host(shared: &Arc<Shared>, form: &Form) -> Result<Value, Refused> {
    checked(form)?;
    let ask = Ask::read(form)?;
    let (done, answer) = oneshot::channel();
    let adding = shared.clone();
    locked(&shared.adding).spawn(async move {
        // Nobody waits for the answer if the client is gone.
        let _ = done.send(add_host::add(adding, ask).await);
    });
    let ended = Refused::new(530, "the management server stops");
    answer.await.unwrap_or(Err(ended))
}

/// Parameters of `addHost` that are the same for every host here.
fn checked(form: &Form) -> Result<(), Refused> {
    for name in ADD_HOST_NEEDS {
        form.get(name)
            .ok_or_else(|| Refused::missing("addhost", name))?;
    }
    for (name, id) in [("zoneid", ZONE), ("podid", POD), ("clusterid", CLUSTER)] {
        match form.get(name) {
            Some(given) if given != id => return Err(Refused::no_such("addhost", name, given)),
            Some(_) | None => {}
        }
    }
    if form.get("clusterid").is_none() {
        // The real one would also make a cluster by name.
        return Err(Refused::missing("addhost", "clusterid"));
    }
    match form.get("hypervisor") {
        Some("KVM") => Ok(()),
        Some(other) => Err(Refused::new(431, format!("invalid hypervisor: {other}"))),
        None => Err(Refused::missing("addhost", "hypervisor")),
    }
}
