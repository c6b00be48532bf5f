//! The thread that carries all transfers of one listening socket: it waits for their packets and deadlines together, and does
//! a few system calls a window, nothing else. It never waits for a disk: what is not in memory is read by the task that
//! asked for the transfer.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use tokio::sync::oneshot;
use tracing::error;

use super::flight::{End, Flight, Now, Order};
use super::source::{Stretch, Unread};
use super::window::Window;

/// How often deadlines are looked at; the shortest one is a second.
const TICK: Duration = Duration::from_millis(100);
/// Packets taken between two looks at the clock.
const EVENTS: usize = 64;
/// The bell's number among the transfers', which begin at one.
const BELL: u64 = 0;

/// How a transfer ended, or why it could not go on.
pub(super) type Outcome = io::Result<End>;

/// What the thread says of a transfer.
enum News {
    /// These bytes must be read and left for the transfer of this number; then there is more to hear.
    Needs(u64, Unread, oneshot::Receiver<News>),
    Ended(Outcome),
}

enum Command {
    Begin(Box<Order>, oneshot::Sender<News>),
    Take(u64, io::Result<Stretch>),
    End,
}

/// Where commands are left for the thread.
#[derive(Clone)]
pub(super) struct Post {
    commands: Sender<Command>,
    bell: Arc<EventFd>,
}

impl Post {
    /// A thread that has ended takes nothing any more, and whoever waits for an outcome learns that by itself.
    fn leave(&self, command: Command) {
        let _ = self.commands.send(command);
        let _ = self.bell.write(1);
    }

    /// Has a transfer made. Dropped, it ends the transfer.
    pub(super) async fn carry(self, order: Order) -> Outcome {
        let (tell, mut news) = oneshot::channel();
        self.leave(Command::Begin(Box::new(order), tell));
        loop {
            match news.await {
                Ok(News::Ended(outcome)) => return outcome,
                Ok(News::Needs(number, unread, then)) => {
                    self.leave(Command::Take(number, unread.read().await));
                    news = then;
                }
                Err(_) => return Err(ended()),
            }
        }
    }
}

/// The thread has ended by itself.
pub(super) fn ended() -> io::Error {
    io::Error::other("the thread of the TFTP transfers has ended; report this as a defect")
}

/// The running thread. Dropped, it ends every transfer and is joined.
pub(super) struct Engine {
    post: Post,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the thread.
    pub(super) fn start() -> io::Result<Self> {
        let bell = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        let (commands, taken) = mpsc::channel();
        let post = Post {
            commands,
            bell: Arc::new(bell),
        };
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&*post.bell, EpollEvent::new(EpollFlags::EPOLLIN, BELL))?;
        let flights = Flights {
            epoll,
            post: post.clone(),
            window: Window::new(),
            under_way: HashMap::new(),
            last: BELL,
        };
        let thread = std::thread::Builder::new().name("tftp".to_owned());
        let thread = thread.spawn(move || flights.run(&taken))?;
        Ok(Self {
            post,
            thread: Some(thread),
        })
    }

    /// Whether transfers still go on; if not, the thread met a defect.
    pub(super) fn is_running(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }

    /// Where transfers are asked for.
    pub(super) fn post(&self) -> Post {
        self.post.clone()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.post.leave(Command::End);
        if let Some(thread) = self.thread.take() {
            // It panicked: the panic was printed when it happened.
            let _ = thread.join();
        }
    }
}

/// All transfers, and what the thread needs for them.
struct Flights {
    epoll: Epoll,
    post: Post,
    window: Window,
    under_way: HashMap<u64, (Flight, oneshot::Sender<News>)>,
    /// Number of the last transfer begun.
    last: u64,
}

impl Flights {
    fn run(mut self, commands: &Receiver<Command>) {
        let mut look = Instant::now();
        loop {
            let mut events = [EpollEvent::empty(); EVENTS];
            let count = match self.epoll.wait(&mut events, self.timeout()) {
                Ok(count) => count,
                Err(Errno::EINTR) => 0,
                Err(errno) => return error!(%errno, "TFTP transfers cannot go on"),
            };
            let now = Instant::now();
            for event in &events[..count] {
                match event.data() {
                    BELL => {
                        if self.take_commands(commands, now) {
                            return;
                        }
                    }
                    number => self.hear(number, now),
                }
            }
            if now >= look {
                self.look(now);
                look = now + TICK;
            }
        }
    }

    fn timeout(&self) -> EpollTimeout {
        match self.under_way.is_empty() {
            true => EpollTimeout::NONE,
            false => EpollTimeout::try_from(TICK).unwrap_or(EpollTimeout::ZERO),
        }
    }

    /// Does what was asked; whether that was to end.
    fn take_commands(&mut self, commands: &Receiver<Command>, now: Instant) -> bool {
        // Emptied before the commands are: one that comes meanwhile rings again.
        let _ = self.post.bell.read();
        for command in commands.try_iter() {
            match command {
                Command::Begin(order, tell) => self.begin(*order, tell, now),
                Command::Take(number, read) => {
                    self.with(number, |flight, window| flight.take(read, now, window));
                }
                Command::End => return true,
            }
        }
        false
    }

    fn begin(&mut self, order: Order, tell: oneshot::Sender<News>, now: Instant) {
        self.last += 1;
        let (flight, stands) = Flight::begin(order, now, &mut self.window);
        let event = EpollEvent::new(EpollFlags::EPOLLIN, self.last);
        match self.epoll.add(flight.socket().as_fd(), event) {
            Ok(()) => {
                self.under_way.insert(self.last, (flight, tell));
                self.follow(self.last, stands);
            }
            Err(errno) => drop(tell.send(News::Ended(Err(errno.into())))),
        }
    }

    fn hear(&mut self, number: u64, now: Instant) {
        self.with(number, |flight, window| flight.hear(now, window));
    }

    /// Answers every silence that has lasted too long, and forgets transfers that nobody waits for.
    fn look(&mut self, now: Instant) {
        self.under_way.retain(|_, (_, tell)| !tell.is_closed());
        let overdue = self
            .under_way
            .iter()
            .filter(|(_, (flight, _))| flight.is_overdue(now));
        let overdue: Vec<u64> = overdue.map(|(number, _)| *number).collect();
        for number in overdue {
            self.with(number, |flight, window| flight.wake(now, window));
        }
    }

    /// Moves a transfer, unless it is over already or nobody waits for it.
    fn with(&mut self, number: u64, act: impl FnOnce(&mut Flight, &mut Window) -> Now) {
        let Some((flight, tell)) = self.under_way.get_mut(&number) else {
            return;
        };
        if tell.is_closed() {
            self.under_way.remove(&number);
            return;
        }
        let stands = act(flight, &mut self.window);
        self.follow(number, stands);
    }

    fn follow(&mut self, number: u64, stands: Now) {
        match stands {
            Now::Waits => {}
            Now::Needs(unread) => {
                if let Some((_, tell)) = self.under_way.get_mut(&number) {
                    let (next, then) = oneshot::channel();
                    let tell = std::mem::replace(tell, next);
                    // Nobody waits any more: that is seen when the transfer moves next.
                    let _ = tell.send(News::Needs(number, unread, then));
                }
            }
            Now::Ended(outcome) => {
                if let Some((_, tell)) = self.under_way.remove(&number) {
                    // Nobody waits: the service stops, or the client began something else.
                    let _ = tell.send(News::Ended(outcome));
                }
            }
        }
    }
}
