//! A model for the real Claude Code, on this machine: it answers what the prompt asks for and writes down what it was
//! asked.
//!
//! The last line of a prompt chooses the answer: `slow …` begins and is not finished before [`LoopbackModel::release`], `tool
//! COMMAND` asks for the tool Bash once, and all else is answered at once with the text that [`answer_to`] gives.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Value, json};
use tiny_http::{Header, Request, Response, Server};

use crate::wait_for;

/// What the model answers to a prompt.
pub fn answer_to(prompt: &str) -> String {
    format!("heard<{prompt}>")
}

/// What a slow answer to a prompt begins with.
pub fn begun(prompt: &str) -> String {
    format!("hearing<{prompt}>")
}

/// The model. Dropping it ends it, and with it the answers that wait.
pub struct LoopbackModel {
    server: Arc<Server>,
    state: Arc<State>,
    listener: Option<thread::JoinHandle<()>>,
}

/// One request for an answer in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The texts of the conversation, oldest first, each with who said it: `user` or `assistant`. What Claude Code adds
    /// of itself isn't among them.
    pub texts: Vec<(String, String)>,
}

#[derive(Default)]
struct State {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    asked: Vec<Asked>,
    released: u32,
    ended: bool,
}

impl LoopbackModel {
    /// Listens on a port of the loopback interface that nobody else has.
    ///
    /// # Panics
    /// When there is none.
    pub fn start() -> Self {
        let server = Server::http("127.0.0.1:0").unwrap_or_else(|error| panic!("no port on the loopback: {error}"));
        let (server, state) = (Arc::new(server), Arc::new(State::default()));
        let (requests, states) = (Arc::clone(&server), Arc::clone(&state));
        let listener = thread::spawn(move || {
            for request in requests.incoming_requests() {
                let state = Arc::clone(&states);
                // An answer may wait for the test.
                thread::spawn(move || {
                    // An agent that was killed reads no answer.
                    let _nobody_listens = answer(request, &state);
                });
            }
        });
        Self {
            server,
            state,
            listener: Some(listener),
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.server_addr())
    }

    /// What it was asked so far, in conversations: not the titles and the like that Claude Code asks for besides.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().asked.clone()
    }

    /// Waits until somebody asks with this prompt, and gives what was asked.
    ///
    /// # Panics
    /// When nobody does.
    #[track_caller]
    pub fn wait_asked(&self, prompt: &str) -> Asked {
        wait_for(&format!("the prompt {prompt:?} to reach the model"), || {
            let asked = self.asked();
            let found = asked.iter().rev().find(|asked| asked.prompt() == Some(prompt)).cloned();
            found.ok_or(asked)
        })
    }

    /// Lets one slow answer finish, one that waits or the next.
    pub fn release(&self) {
        self.state.lock().released += 1;
        self.state.changed.notify_all();
    }
}

impl Asked {
    /// What the user said last.
    pub fn prompt(&self) -> Option<&str> {
        let (_, text) = self.texts.iter().rev().find(|(role, _)| role == "user")?;
        Some(text)
    }

    /// Whether this was said, by whomever.
    pub fn has(&self, text: &str) -> bool {
        self.texts.iter().any(|(_, said)| said == text)
    }

    fn of(body: &Value) -> Self {
        let messages = body["messages"].as_array().into_iter().flatten();
        let roles = messages.filter_map(|message| Some((message["role"].as_str()?, &message["content"])));
        // There is a third role for what Claude Code adds.
        let said = roles.filter(|(role, _)| ["user", "assistant"].contains(role));
        let texts =
            said.flat_map(|(role, content)| texts(content).into_iter().map(move |text| (role.to_owned(), text)));
        Self { texts: texts.collect() }
    }
}

impl Drop for LoopbackModel {
    fn drop(&mut self) {
        self.state.lock().ended = true;
        self.state.changed.notify_all();
        self.server.unblock();
        if let Some(listener) = self.listener.take() {
            listener.join().ok();
        }
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_released(&self) {
        let mut inner = self.lock();
        while inner.released == 0 && !inner.ended {
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        inner.released = inner.released.saturating_sub(1);
    }
}

fn texts(content: &Value) -> Vec<String> {
    let blocks = match content {
        Value::String(text) => vec![text.as_str()],
        blocks => blocks
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|block| block["text"].as_str())
            .collect(),
    };
    // Reminders and what became of commands are in tags, long texts of the user as well.
    let said = blocks.into_iter().filter(|text| {
        let text = text.trim_start();
        !text.starts_with('<') || text.starts_with("<pasted_content")
    });
    said.map(str::to_owned).collect()
}

fn answer(mut request: Request, state: &State) -> io::Result<()> {
    let mut text = String::new();
    request.as_reader().read_to_string(&mut text)?;
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    let path = request.url().split('?').next().unwrap_or_default().to_owned();
    match path.as_str() {
        "/v1/messages" if body["stream"] == true => stream(request, &body, state),
        "/v1/messages" => respond(request, 200, &whole_message(&body)),
        "/v1/messages/count_tokens" => respond(request, 200, &json!({ "input_tokens": text.len() / 4 })),
        "/" => respond(request, 200, &json!({})),
        _ => respond(request, 404, &json!({})),
    }
}

fn respond(request: Request, status: u16, body: &Value) -> io::Result<()> {
    let json = Header::from_bytes("content-type", "application/json").ok();
    let response = Response::from_string(body.to_string()).with_status_code(status);
    request.respond(json.into_iter().fold(response, Response::with_header))
}

fn whole_message(body: &Value) -> Value {
    json!({
        "id": "msg_loopback", "type": "message", "role": "assistant", "model": body["model"],
        "content": [{ "type": "text", "text": "noted" }], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": { "input_tokens": 1, "output_tokens": 1 },
    })
}

/// Written past the library, which would hold back what isn't finished.
fn stream(request: Request, body: &Value, state: &State) -> io::Result<()> {
    // Titles and summaries are asked for without tools.
    let in_conversation = body["tools"].as_array().is_some_and(|tools| !tools.is_empty());
    let asked = Asked::of(body);
    let prompt = asked.prompt().unwrap_or_default().to_owned();
    if in_conversation {
        state.lock().asked.push(asked);
    }
    let mut events = Events(request.into_writer());
    events.begin(&body["model"])?;
    let has_tool_result = body["messages"]
        .as_array()
        .and_then(|messages| messages.last())
        .is_some_and(|last| last["content"].to_string().contains("tool_result"));
    let first_word = prompt.lines().last().and_then(|line| line.split_once(' '));
    match first_word.filter(|_| in_conversation) {
        Some(("tool", command)) if !has_tool_result => {
            let input = json!({ "command": command, "description": "what the test asked for" });
            let id = format!("toolu_{}", state.lock().asked.len());
            events.open(&json!({ "type": "tool_use", "id": id, "name": "Bash", "input": {} }))?;
            events.add(&json!({ "type": "input_json_delta", "partial_json": input.to_string() }))?;
            events.end("tool_use")
        }
        word => {
            events.open(&json!({ "type": "text", "text": "" }))?;
            if word.is_some_and(|(word, _)| word == "slow") {
                // Claude Code shows paragraphs that are finished.
                let begun = format!("{}\n\n", begun(&prompt));
                events.add(&json!({ "type": "text_delta", "text": begun }))?;
                state.wait_released();
            }
            events.add(&json!({ "type": "text_delta", "text": answer_to(&prompt) }))?;
            events.end("end_turn")
        }
    }
}

/// The events of an answer, as a server sends them.
struct Events(Box<dyn Write + Send>);

impl Events {
    fn begin(&mut self, model: &Value) -> io::Result<()> {
        self.0
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")?;
        let message = json!({
            "id": "msg_loopback", "type": "message", "role": "assistant", "model": model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": { "input_tokens": 1, "output_tokens": 1 },
        });
        self.send("message_start", json!({ "message": message }))
    }

    fn open(&mut self, block: &Value) -> io::Result<()> {
        self.send("content_block_start", json!({ "index": 0, "content_block": block }))
    }

    fn add(&mut self, delta: &Value) -> io::Result<()> {
        self.send("content_block_delta", json!({ "index": 0, "delta": delta }))
    }

    fn end(&mut self, reason: &str) -> io::Result<()> {
        self.send("content_block_stop", json!({ "index": 0 }))?;
        let delta = json!({ "stop_reason": reason, "stop_sequence": null });
        self.send(
            "message_delta",
            json!({ "delta": delta, "usage": { "output_tokens": 2 } }),
        )?;
        self.send("message_stop", json!({}))?;
        self.0.write_all(b"0\r\n\r\n")?;
        self.0.flush()
    }

    fn send(&mut self, name: &str, mut data: Value) -> io::Result<()> {
        data["type"] = name.into();
        let event = format!("event: {name}\ndata: {data}\n\n");
        write!(self.0, "{:x}\r\n{event}\r\n", event.len())?;
        self.0.flush()
    }
}
