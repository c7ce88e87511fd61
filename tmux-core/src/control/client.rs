//! A client in control mode: replies in order, news in between.

use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use bstr::{BString, ByteSlice};

use super::attach::{pass, server_info};
use super::channel::{Channel, Received};
use super::feed::{Feed, InvalidFeed};
use super::subscription::{SubscriptionName, SubscriptionScope, Watched};
use super::{Block, ClientFlags, Inside, Item, Notification, Parser, is_hazard};
use crate::deadline::deadline;
use crate::transport::direct::Direct;
use crate::transport::lower::{check, group_line};
use crate::transport::spawn::Spawn;
use crate::{Command, Error, Generation, Identity, PaneId, Reply, Request, ServerInfo, SessionId, Socket};

/// How a control client comes to be.
#[derive(Debug, Clone)]
pub struct Attach {
    /// The session to attach to. The client ends with it, unless the flags say otherwise.
    pub session: SessionId,
    /// What the client asks for.
    pub flags: ClientFlags,
    /// How long attaching, leaving and each call may take.
    pub limit: Duration,
    /// Always through the `tmux` program, also where the server could be given descriptors.
    pub spawned: bool,
}

/// What a control client tells without being asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// News.
    Notification(Notification),
    /// The answer to a command that wasn't this client's, for example of a hook.
    Foreign(Block),
    /// A line outside the protocol.
    Stray(BString),
    /// So many events were dropped because nobody took them: look at everything anew.
    Lagged(usize),
}

/// An attached client in control mode. Dropping it detaches it.
#[derive(Debug)]
pub struct ControlClient {
    /// `None` once the client has ended.
    channel: Option<Channel>,
    socket: Socket,
    server: ServerInfo,
    parser: Parser,
    events: VecDeque<Event>,
    lagged: usize,
    end: Option<String>,
    limit: Duration,
}

/// Events that wait to be taken; more are dropped, and [`Event::Lagged`] says so.
const MAX_EVENTS: usize = 10_000;

impl Attach {
    /// A client that only listens.
    pub fn to(session: SessionId) -> Self {
        Self {
            session,
            flags: ClientFlags::default(),
            limit: Duration::from_secs(15),
            spawned: false,
        }
    }
}

impl ControlClient {
    /// Attaches a client: over descriptors handed to the server where its version is a tested one, else with the `tmux`
    /// program `binary`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] without that session, [`Error::NoServer`], [`Error::TooOld`] and whatever else keeps a call
    /// from coming through.
    pub fn attach(
        binary: impl Into<std::path::PathBuf>,
        socket: Socket,
        identity: Identity,
        attach: &Attach,
    ) -> Result<Self, Error> {
        let deadline = deadline(attach.limit);
        let direct = Direct::new(socket.clone(), identity);
        let server = server_info(&direct, attach.limit)?;
        // Handed descriptors by mistake, a server could end.
        let channel = if attach.spawned || server.version.is_newer_than_tested() {
            let child =
                Spawn::new(binary, socket.clone()).start_control(attach.session, &attach.flags.to_argument())?;
            Channel::of_child(child).map_err(Error::Io)?
        } else {
            pass(&direct, &server, attach)?
        };
        let mut client = Self {
            channel: Some(channel),
            socket,
            server,
            parser: Parser::default(),
            events: VecDeque::new(),
            lagged: 0,
            end: None,
            limit: attach.limit,
        };
        client.wait_attached(deadline)?;
        Ok(client)
    }

    /// The server it is attached to. The client ends with it, so its ids stay right.
    pub fn server(&self) -> &ServerInfo {
        &self.server
    }

    /// Which life of the server it is attached to.
    pub fn generation(&self) -> Generation {
        self.server.generation()
    }

    /// Why the client ended; `None` while it lives, and an empty text where tmux gave no reason.
    pub fn end(&self) -> Option<&str> {
        self.end.as_deref()
    }

    /// Becomes readable when something came in, for a loop that waits for several things.
    pub fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.channel.as_ref().map(Channel::as_fd)
    }

    /// Runs groups of commands; a failure ends its group. What hooks and aliases of the user print elsewhere doesn't mix
    /// in, and events that come meanwhile wait for [`ControlClient::next_event`].
    ///
    /// # Errors
    ///
    /// [`Error::NotOverControl`] for commands that could wedge the client (nothing is sent then), [`Error::TimedOut`] and
    /// [`Error::ServerLost`] with the outcome unknown. After these two the client has ended.
    pub fn run(&mut self, groups: &[Vec<Command>]) -> Result<Reply, Error> {
        self.run_within(groups, self.limit)
    }

    pub(crate) fn run_within(&mut self, groups: &[Vec<Command>], limit: Duration) -> Result<Reply, Error> {
        check(&Request {
            groups: groups.to_vec(),
            ..Request::reading(Vec::new(), limit)
        })?;
        if let Some(command) = groups.iter().flatten().find(|command| is_hazard(command)) {
            return Err(Error::NotOverControl {
                command: command.verb(),
            });
        }
        // Only a mark of our own tells where the answers to a line end: hooks and aliases add blocks, failures leave
        // some out. It is a session that isn't there: `has-session` has no hook.
        let mark = crate::tag::tag();
        let mut lines: Vec<u8> = Vec::new();
        // An empty line would detach the client.
        for group in groups.iter().filter(|group| !group.is_empty()) {
            lines.extend_from_slice(&group_line(group));
            lines.push(b'\n');
        }
        lines.extend_from_slice(format!("has-session -t ={mark}:\n").as_bytes());
        self.parser.expect_inside(inside(groups));
        let reply = self.converse(&lines, &mark, deadline(limit), limit);
        self.parser.expect_inside(Inside::default());
        if reply.is_err() {
            // The queue may be parked for ever; an answer that comes late would be taken for another's.
            self.give_up();
        }
        reply
    }

    /// The next event, waiting as long as this for one. `None` if none came, or if the client has ended.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and [`Error::TooMuchOutput`]; the client has ended then.
    pub fn next_event(&mut self, wait: Duration) -> Result<Option<Event>, Error> {
        let deadline = deadline(wait);
        loop {
            while let Some(item) = self.parser.next_item() {
                self.keep(item);
            }
            if self.lagged > 0 {
                return Ok(Some(Event::Lagged(std::mem::take(&mut self.lagged))));
            }
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if self.channel.is_none() {
                return Ok(None);
            }
            if !self.receive(false, deadline)? && self.channel.is_some() {
                return Ok(None);
            }
        }
    }

    /// Subscribes to the structure of the whole server: a line at most once a second when something changed, which
    /// [`ControlClient::feed_of`] reads.
    ///
    /// # Errors
    ///
    /// As [`ControlClient::run`].
    pub fn watch(&mut self) -> Result<(), Error> {
        self.run_one(Feed::subscribe())
    }

    /// Ends that subscription.
    ///
    /// # Errors
    ///
    /// As [`ControlClient::run`].
    pub fn unwatch(&mut self) -> Result<(), Error> {
        self.run_one(Feed::unsubscribe())
    }

    /// The structure that an event tells, if it is of that subscription.
    pub fn feed_of(event: &Event) -> Option<Result<Feed, InvalidFeed>> {
        match event {
            Event::Notification(Notification::SubscriptionChanged { name, value, .. }) if name == Feed::NAME => {
                Some(Feed::parse(value))
            }
            _ => None,
        }
    }

    /// Subscribes to a value; whenever it changes, at most once a second, there is an
    /// [`Event::Notification`] with [`Notification::SubscriptionChanged`] and this name.
    ///
    /// Only values that can't hold a line feed can be asked for: one would write lines into the protocol.
    ///
    /// # Errors
    ///
    /// As [`ControlClient::run`].
    pub fn subscribe(
        &mut self,
        name: &SubscriptionName,
        of: SubscriptionScope,
        values: &[Watched],
    ) -> Result<(), Error> {
        let format: Vec<String> = values.iter().map(|value| format!("#{{{}}}", value.as_str())).collect();
        let value = format!("{name}:{of}:{}", format.join(" "));
        self.run_one(Command::new("refresh-client").option("-B", crate::Arg::Format(value.into())))
    }

    /// Ends a subscription.
    ///
    /// # Errors
    ///
    /// As [`ControlClient::run`].
    pub fn unsubscribe(&mut self, name: &SubscriptionName) -> Result<(), Error> {
        self.run_one(Command::new("refresh-client").option("-B", crate::Arg::Plain(name.to_string().into())))
    }

    /// Gives the client a size, in columns and rows, so that it has a say in that of windows.
    ///
    /// # Errors
    ///
    /// As [`ControlClient::run`].
    pub fn resize(&mut self, width: u32, height: u32) -> Result<(), Error> {
        let size = crate::Arg::Plain(format!("{width}x{height}").into());
        self.run_one(Command::new("refresh-client").option("-C", size))
    }

    /// Holds output of a pane back until [`ControlClient::continue_pane`].
    ///
    /// # Errors
    ///
    /// As [`ControlClient::run`].
    pub fn pause_pane(&mut self, pane: PaneId) -> Result<(), Error> {
        let argument = crate::Arg::Plain(format!("{pane}:pause").into());
        self.run_one(Command::new("refresh-client").option("-A", argument))
    }

    /// Lets output of a paused pane go on. What came while it was paused is lost: capture the pane anew.
    ///
    /// # Errors
    ///
    /// As [`ControlClient::run`].
    pub fn continue_pane(&mut self, pane: PaneId) -> Result<(), Error> {
        let argument = crate::Arg::Plain(format!("{pane}:continue").into());
        self.run_one(Command::new("refresh-client").option("-A", argument))
    }

    /// Detaches and waits until the server has let go.
    pub fn detach(mut self) {
        self.leave();
    }

    fn run_one(&mut self, command: Command) -> Result<(), Error> {
        let group = vec![vec![command]];
        let request = Request {
            groups: group.clone(),
            ..Request::reading(Vec::new(), self.limit)
        };
        self.run(&group)?.into_result(&request).map(drop)
    }

    fn converse(&mut self, lines: &[u8], mark: &str, deadline: Instant, limit: Duration) -> Result<Reply, Error> {
        let mut reply = Reply::default();
        let mut unsent = lines;
        loop {
            while let Some(item) = self.parser.next_item() {
                match item {
                    Item::Block(block) if block.guard.is_ours() => {
                        if block.error && block.body.contains_str(mark) {
                            return Ok(reply);
                        }
                        add(&mut reply, block);
                    }
                    other => self.keep(other),
                }
            }
            let Some(channel) = &mut self.channel else {
                return Err(self.lost());
            };
            if !unsent.is_empty() {
                match channel.write(unsent) {
                    Ok(written) => unsent = unsent.get(written..).unwrap_or_default(),
                    // Its last words are still to be read.
                    Err(error)
                        if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) =>
                    {
                        unsent = &[];
                    }
                    Err(error) => return Err(Error::Io(error)),
                }
            }
            if !self.receive(!unsent.is_empty(), deadline)? && self.channel.is_some() {
                return Err(Error::timed_out(self.socket.path(), limit));
            }
        }
    }

    /// Reads what came in; `false` if nothing did until the deadline, or the client has ended.
    fn receive(&mut self, writing: bool, deadline: Instant) -> Result<bool, Error> {
        let Some(channel) = &mut self.channel else {
            return Ok(false);
        };
        let mut bytes = Vec::new();
        let received = channel.receive(&mut bytes, writing, deadline);
        if let Err(overflow) = self.parser.push(&bytes) {
            self.give_up();
            return Err(Error::TooMuchOutput { limit: overflow.limit });
        }
        match received {
            Ok(Received::Bytes) => Ok(true),
            Ok(Received::Nothing) => Ok(false),
            Ok(Received::End(reason)) => {
                self.end = Some(reason.unwrap_or_default());
                self.leave();
                Ok(false)
            }
            Err(error) => {
                self.give_up();
                Err(Error::Io(error))
            }
        }
    }

    fn keep(&mut self, item: Item) {
        let event = match item {
            Item::Block(block) => Event::Foreign(block),
            Item::Notification(Notification::Exit { reason }) => {
                self.end = Some(reason.map(|reason| reason.to_string()).unwrap_or_default());
                return;
            }
            Item::Notification(notification) => Event::Notification(notification),
            Item::Stray(line) => Event::Stray(line),
        };
        if self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
        } else {
            self.lagged += 1;
        }
    }

    /// The first block is the attach command's own.
    fn wait_attached(&mut self, deadline: Instant) -> Result<(), Error> {
        loop {
            while let Some(item) = self.parser.next_item() {
                match item {
                    Item::Block(block) if block.error => {
                        let reply = Reply {
                            status: 1,
                            stdout: Vec::new(),
                            stderr: block.body.into(),
                        };
                        let request = Request::reading(vec![Command::new("attach-session")], self.limit);
                        return reply.into_result(&request).map(drop);
                    }
                    Item::Block(_) => return Ok(()),
                    other => self.keep(other),
                }
            }
            if self.channel.is_none() {
                return Err(self.lost());
            }
            if !self.receive(false, deadline)? && self.channel.is_some() {
                self.give_up();
                return Err(Error::timed_out(self.socket.path(), self.limit));
            }
        }
    }

    fn lost(&self) -> Error {
        Error::ServerLost {
            socket: self.socket.path().to_owned(),
            server_pid: Some(self.server.pid),
        }
    }

    /// The server may not answer at all: leaving isn't waited for long.
    fn give_up(&mut self) {
        self.end.get_or_insert_with(|| "given up".to_owned());
        if let Some(channel) = self.channel.take() {
            channel.leave(Duration::from_millis(50));
        }
    }

    fn leave(&mut self) {
        if let Some(channel) = self.channel.take() {
            channel.leave(self.limit.min(Duration::from_secs(1)));
        }
    }

    /// Takes what has come in, so that the end of the client is known.
    pub(crate) fn look(&mut self) {
        while let Ok(true) = self.receive(false, Instant::now()) {
            while let Some(item) = self.parser.next_item() {
                self.keep(item);
            }
        }
    }
}

impl Drop for ControlClient {
    fn drop(&mut self) {
        self.leave();
    }
}

fn add(reply: &mut Reply, block: Block) {
    if block.error {
        reply.status = 1;
        reply.stderr.extend_from_slice(&block.body);
    } else {
        reply.stdout.extend_from_slice(&block.body);
    }
}

fn inside(groups: &[Vec<Command>]) -> Inside {
    let any = |verb: &str, flag: &str, wanted: bool| {
        groups
            .iter()
            .flatten()
            .any(|command| command.verb() == verb && command.words().iter().any(|word| word == flag) == wanted)
    };
    Inside {
        message: any("display-message", "-p", false),
        pause: any("refresh-client", "-A", true),
    }
}
