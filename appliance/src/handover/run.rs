//! Running a program with a deadline: its process group ends with it, and the end of what it said is kept.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// So much of the end of the output is kept, bytes: the recap of a playbook and the task that failed.
const TAIL_MAX: usize = 16 * 1024;
/// What was written before the end is there at once.
const DRAIN: Duration = Duration::from_secs(2);

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    /// Its status; none if it was killed at its deadline.
    pub(super) status: Option<ExitStatus>,
    /// The end of what it said on both streams.
    pub(super) tail: String,
}

/// Kills everything that was started with a program, whatever becomes of who waits for it.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // Gone already is as good.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

/// Runs `command` for at most `limit`.
///
/// # Errors
/// It cannot be started.
pub(super) async fn run(mut command: Command, limit: Duration) -> io::Result<Ended> {
    let (reader, writer) = io::pipe()?;
    let mut output = Receiver::from_owned_fd(reader.into())?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command.spawn()?;
    // The command holds the pipe's other end: the output ends when the programs are gone, not before.
    drop(command);
    let leader = child.id().and_then(|id| i32::try_from(id).ok());
    let group = Group(leader.map(Pid::from_raw));
    let mut tail = Vec::new();
    let status = timeout(limit, until_it_ends(&mut child, &mut output, &mut tail)).await;
    drop(group);
    // Somebody who left the group may hold the pipe for ever.
    let _ = timeout(DRAIN, read_on(&mut output, &mut tail)).await;
    let status = match status {
        Ok(status) => Some(status?),
        Err(_) => None,
    };
    Ok(Ended {
        status,
        tail: String::from_utf8_lossy(&tail).into_owned(),
    })
}

async fn until_it_ends(
    child: &mut Child,
    output: &mut Receiver,
    tail: &mut Vec<u8>,
) -> io::Result<ExitStatus> {
    let reading = async {
        read_on(output, tail).await;
        // The output may end before the program does.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        status = child.wait() => status,
        () = reading => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Reads until nobody holds the other end.
async fn read_on(output: &mut Receiver, tail: &mut Vec<u8>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = output.read(&mut buffer).await {
        tail.extend_from_slice(buffer.get(..count).unwrap_or_default());
        let surplus = tail.len().saturating_sub(TAIL_MAX);
        tail.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENT: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        command
    }

    #[tokio::test]
    async fn both_streams_are_kept_in_their_order_and_the_status_with_them() {
        let ended = run(shell("echo one; echo two >&2; echo three; exit 3"), PATIENT)
            .await
            .unwrap();
        assert_eq!(ended.status.and_then(|status| status.code()), Some(3));
        assert_eq!(ended.tail, "one\ntwo\nthree\n");
    }

    #[tokio::test]
    async fn of_much_output_the_end_is_kept() {
        let ended = run(shell("seq 1 20000"), PATIENT).await.unwrap();
        assert!(ended.status.is_some_and(|status| status.success()));
        assert!(ended.tail.len() <= TAIL_MAX && ended.tail.ends_with("19999\n20000\n"));
    }

    #[tokio::test]
    async fn at_its_deadline_the_whole_group_is_killed() {
        let script = "sleep 1000 & echo $!; wait";
        let ended = run(shell(script), Duration::from_millis(500))
            .await
            .unwrap();
        assert_eq!(ended.status, None);
        assert!(is_gone(ended.tail.trim()).await, "{}", ended.tail);
    }

    #[tokio::test]
    async fn who_no_longer_waits_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("sleep 1000 & echo $! > {}; wait", file.display());
        let running = run(shell(&script), PATIENT);
        let started = async {
            while !std::fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n')) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            ended = running => panic!("{ended:?}"),
            () = started => {}
        }
        let pid = std::fs::read_to_string(&file).unwrap();
        assert!(is_gone(pid.trim()).await, "{pid}");
    }

    /// A killed process without a parent to ask for it is a zombie (Z) or gone.
    async fn is_gone(pid: &str) -> bool {
        let lives = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
            stat.is_ok_and(|stat| !stat.contains(") Z"))
        };
        for _ in 0..500 {
            if !lives() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}
