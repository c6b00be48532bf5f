//! IPMI 2.0, of which one capability is used: the serial console over LAN (SOL, §15), read through the program `ipmitool`.
//!
//! What the machine says comes as bytes; nothing is ever typed into it. Closed, it gives the BMC's only SOL session back.
//! Dropped, or after a power cut, the BMC holds that session for about a minute more (§6.12.15): whoever opens it
//! meanwhile reads `Held` and tries later. A session that somebody holds is never taken away: before that minute is over
//! nothing tells a dead reader's from a person's, and afterwards the BMC has ended the dead one itself.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::error::Asked;
use super::redfish::Login;
use super::sol::{ConsoleError, Ended, ended};

/// RMCP+'s port (IANA; IPMI 2.0 §13.1.2).
pub const IPMI_PORT: u16 = 623;
/// Where the program is looked for, in `PATH`.
const PROGRAM: &str = "ipmitool";
/// HMAC-SHA256 and AES; and HMAC-SHA1 and AES for a BMC that says that it does not know the first (table 22-20).
const SUITES: [&str; 2] = ["17", "3"];
/// Longest user name and password of IPMI 2.0, bytes (§22.28, §22.30).
const USER_MAX: usize = 16;
const PASSWORD_MAX: usize = 20;
/// Two exchanges with the BMC, each repeated for some seconds when nobody answers.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);
/// Most bytes kept of what the program says of itself.
const SAID_MAX: usize = 4096;
const DEED: &str = "give the serial console";

/// Whose console.
#[derive(Debug, Clone)]
pub struct ConsoleAt {
    /// Where its IPMI service listens (UDP).
    pub address: SocketAddr,
    /// Who logs in.
    pub login: Login,
}

/// A machine's serial console.
#[derive(Debug)]
pub struct Console {
    at: ConsoleAt,
    program: Program,
    /// Cipher suites not offered yet.
    suites: std::slice::Iter<'static, &'static str>,
}

impl Console {
    /// Begins to open it. Whether the BMC gives it shows when it is read.
    ///
    /// # Errors
    /// It cannot be read from here at all.
    pub fn open(at: ConsoleAt) -> Result<Self, ConsoleError> {
        fits(&at)?;
        let [first, others @ ..] = &SUITES;
        let program = Program::start(&at, first)?;
        let suites = others.iter();
        Ok(Self {
            at,
            program,
            suites,
        })
    }

    /// What the machine says next. May be dropped at any time without losing anything.
    ///
    /// # Errors
    /// The BMC is silent, denies, cannot, or somebody else holds the console; or the session ended. Reading is over then.
    pub async fn read(&mut self) -> Result<Vec<u8>, ConsoleError> {
        loop {
            if let Some(heard) = self.program.next().await {
                return Ok(heard);
            }
            // It closed its pipes, so it has ended or is about to.
            let _ = self.program.child.wait().await;
            let ended = ended(&String::from_utf8_lossy(&self.program.said));
            // Nothing was shown to it yet: the suite is agreed on before the login.
            match (&ended, self.suites.next()) {
                (Ended::NoSuite, Some(suite)) => self.program = Program::start(&self.at, suite)?,
                _ => return Err(ended.of(asked(&self.at))),
            }
        }
    }

    /// Gives the session back to the BMC.
    pub async fn close(mut self) {
        self.program.stdin = None;
        // Its pipes stay open: a program that dies of a broken one gives nothing back.
        let ending = async {
            while self.program.next().await.is_some() {}
            self.program.child.wait().await
        };
        if timeout(CLOSE_LIMIT, ending).await.is_err() {
            // An error means that it has just ended by itself.
            let _ = self.program.child.kill().await;
        }
    }
}

/// The program while it runs; killed when dropped.
#[derive(Debug)]
struct Program {
    child: Child,
    /// Nothing is written to it; it ends when this closes.
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr: ChildStderr,
    /// The end of what it said of itself.
    said: Vec<u8>,
    /// Its own first line, a hint about keys, is not over; what follows is the machine's. It is held back until the machine
    /// says something, so it tells nobody when the session began.
    hint: bool,
}

impl Program {
    fn start(at: &ConsoleAt, suite: &str) -> Result<Self, ConsoleError> {
        let missing = |why: &str| {
            let what = format!("{PROGRAM} does not run here ({why}); apt install ipmitool");
            let asked = asked(at);
            ConsoleError::Unsupported { asked, what }
        };
        let mut child = command(at, suite)
            .spawn()
            .map_err(|error| missing(&error.to_string()))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (stdin @ Some(_), Some(stdout), Some(stderr)) = pipes else {
            return Err(missing("it has no pipes"));
        };
        Ok(Self {
            child,
            stdin,
            stdout,
            stderr,
            said: Vec::new(),
            hint: true,
        })
    }

    /// What the machine says next; none when the program has ended.
    async fn next(&mut self) -> Option<Vec<u8>> {
        let mut is_told = false;
        loop {
            tokio::select! {
                biased;
                said = some(&mut self.stderr), if !is_told => match said {
                    Some(said) => self.add(&said),
                    None => is_told = true,
                },
                heard = some(&mut self.stdout) => match heard.map(|heard| self.without_hint(heard)) {
                    Some(heard) if heard.is_empty() => {}
                    Some(heard) => return Some(heard),
                    None => break,
                },
            }
        }
        while let Some(said) = some(&mut self.stderr).await {
            self.add(&said);
        }
        None
    }

    fn without_hint(&mut self, heard: Vec<u8>) -> Vec<u8> {
        if !self.hint {
            return heard;
        }
        let end = heard.iter().position(|byte| *byte == b'\n');
        let end = end.map_or(heard.len(), |end| {
            self.hint = false;
            end + 1
        });
        // A session that did not come about is told there as well.
        self.add(&heard[..end]);
        heard[end..].to_vec()
    }

    fn add(&mut self, said: &[u8]) {
        self.said.extend(said);
        let over = self.said.len().saturating_sub(SAID_MAX);
        self.said.drain(..over);
    }
}

fn command(at: &ConsoleAt, suite: &str) -> Command {
    let (host, port) = (at.address.ip().to_string(), at.address.port().to_string());
    let mut command = Command::new(PROGRAM);
    // -v: without it a refused login and a silent BMC read the same.
    command.args(["-I", "lanplus", "-v", "-C", suite, "-H", &host, "-p", &port]);
    command.args(["-U", &at.login.user, "-E", "sol", "activate"]);
    // Nothing else of our environment: another variable there would override the password.
    command.env_clear();
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.env("IPMI_PASSWORD", at.login.password.expose());
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    pipes.stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// The bytes that are there; none at the end.
async fn some(pipe: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 4096];
    let count = pipe.read(&mut bytes).await.ok()?;
    bytes.truncate(count);
    (count > 0).then_some(bytes)
}

fn asked(at: &ConsoleAt) -> Asked {
    let (bmc, deed) = (at.address, DEED);
    Asked { bmc, deed }
}

/// A longer password would be refused like a wrong one, and count as one.
fn fits(at: &ConsoleAt) -> Result<(), ConsoleError> {
    let (user, password) = (at.login.user.len(), at.login.password.expose().len());
    if user <= USER_MAX && password <= PASSWORD_MAX {
        return Ok(());
    }
    let what = format!(
        "its secret has a user of {user} and a password of {password} bytes, IPMI takes {USER_MAX} and {PASSWORD_MAX}"
    );
    let asked = asked(at);
    Err(ConsoleError::Unsupported { asked, what })
}
