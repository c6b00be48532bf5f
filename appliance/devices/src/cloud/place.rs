//! Zone, pod and cluster: from the rack file's names to the controller's ids.

use inventory::rack::Cloud;
use serde::Deserialize;

use super::client::CloudStack;
use super::command::Command;
use super::error::{CloudError, Refusal, Why};
use super::signature::Params;

/// Where hosts are added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Id of the zone.
    pub zone: String,
    /// Id of the pod in it.
    pub pod: String,
    /// Id of the cluster in that.
    pub cluster: String,
}

/// A zone, a pod or a cluster.
#[derive(Debug, Deserialize)]
struct Named {
    id: String,
    name: String,
}

impl CloudStack {
    /// The place that `cloud` names. Each name must be there exactly once, else the error says what is there.
    pub async fn place(&self, cloud: &Cloud) -> Result<Place, CloudError> {
        let all = Params::default();
        let zone = self.named(Command::ListZones, all, &cloud.zone).await?;
        let in_zone = Params::default().with("zoneid", &zone);
        let pod = self.named(Command::ListPods, in_zone.clone(), &cloud.pod);
        let pod = pod.await?;
        let in_pod = in_zone.with("podid", &pod);
        let cluster = self.named(Command::ListClusters, in_pod, &cloud.cluster);
        let cluster = cluster.await?;
        Ok(Place { zone, pod, cluster })
    }

    /// The id of the one thing called `wanted`. All are listed, so that a wrong name can be answered with the right ones.
    async fn named(
        &self,
        command: Command,
        params: Params,
        wanted: &str,
    ) -> Result<String, CloudError> {
        let all = self.list(command, params).await?;
        exactly_one(command.object(), all, wanted)
            .map_err(|refusal| self.error(command, Why::Refused(refusal)))
    }
}

fn exactly_one(kind: &'static str, all: Vec<Named>, wanted: &str) -> Result<String, Refusal> {
    let mut fitting = all.iter().filter(|one| one.name == wanted);
    match (fitting.next(), fitting.count()) {
        (Some(one), 0) => Ok(one.id.clone()),
        (first, more) => Err(Refusal::NotExactlyOne {
            kind,
            wanted: wanted.to_owned(),
            found: usize::from(first.is_some()) + more,
            known: all.into_iter().map(|one| one.name).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<Named> {
        let all = names.iter().enumerate().map(|(id, name)| Named {
            id: id.to_string(),
            name: (*name).to_owned(),
        });
        all.collect()
    }

    #[test]
    fn a_name_fits_exactly_once_or_the_answer_says_what_is_there() {
        assert_eq!(
            exactly_one("zone", named(&["osaka", "tokyo"]), "tokyo"),
            Ok("1".into())
        );
        let none = exactly_one("zone", named(&["osaka", "tokyo"]), "tokio").unwrap_err();
        assert!(
            none.to_string()
                .contains("`tokio` is there 0 times; it has: osaka, tokyo")
        );
        let both = exactly_one("pod", named(&["a", "a"]), "a").unwrap_err();
        assert!(both.to_string().contains("`a` is there 2 times"));
    }
}
