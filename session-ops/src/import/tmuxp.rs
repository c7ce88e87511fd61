//! tmuxp: <https://tmuxp.git-pull.com/configuration/>.

use serde_json::Value;

use super::table::{Remarks, Table, text, texts};
use super::{ImportedProject, MAX_PANES, Remark, project_name, server, typed};
use crate::template::{PaneTable, Split, TemplateTable, WindowTable};

pub(super) fn read(mut file: Table, remarks: &mut Remarks) -> ImportedProject {
    let name = file.text("session_name", remarks).unwrap_or_default();
    let name = project_name(&name, "session_name", remarks);
    let path = file.text("start_directory", remarks);
    let before = file.texts("shell_command_before", remarks);
    let mut template = TemplateTable {
        description: Some(format!("{name}, from tmuxp")),
        environment: file.words("environment", remarks),
        options: file.words("options", remarks),
        ..TemplateTable::default()
    };
    let windows = file.list("windows", remarks);
    for (n, window) in windows.into_iter().take(MAX_PANES).enumerate() {
        if let Some(window) = Table::of(&format!("windows[{n}]"), window, remarks) {
            template.windows.push(self::window(window, &before, remarks));
        }
    }
    let server = server(&mut file, remarks);
    file.without_counterpart(
        &[
            ("before_script", "tsm runs no script; a hook `post_create` can"),
            (
                "global_options",
                "they are of all sessions; they belong into ~/.tmux.conf",
            ),
            ("suppress_history", "tsm types nothing, so nothing gets into a history"),
            ("plugins", "tsm has no plugins of tmuxp's"),
            ("config", "~/.tmux.conf is read by tmux itself"),
        ],
        remarks,
    );
    file.finish(remarks);
    ImportedProject {
        name,
        path,
        server,
        template: Some(template),
    }
}

fn window(mut table: Table, before: &[String], remarks: &mut Remarks) -> WindowTable {
    let mut before = before.to_vec();
    before.extend(table.texts("shell_command_before", remarks));
    let mut window = WindowTable {
        name: table.text("window_name", remarks),
        directory: table.text("start_directory", remarks),
        layout: table.text("layout", remarks),
        focus: table.flag("focus", remarks),
        options: table.words("options", remarks),
        // Without a layout tmuxp leaves the panes as plain splits made them.
        split: Some(Split::Rows),
        ..WindowTable::default()
    };
    window.options.extend(table.words("options_after", remarks));
    if window.layout.is_some() {
        window.split = None;
    }
    let shell = table.text("window_shell", remarks);
    let panes = table.list("panes", remarks);
    for (n, value) in panes.into_iter().take(MAX_PANES).enumerate() {
        let place = table.place(&format!("panes[{n}]"));
        window.panes.push(pane(&place, value, &before, remarks));
    }
    if let (Some(shell), Some(first)) = (shell, window.panes.first_mut())
        && first.shell.is_none()
    {
        first.shell = Some(shell);
    }
    table.without_counterpart(
        &[
            ("window_index", "windows are numbered in their order"),
            ("suppress_history", "tsm types nothing, so nothing gets into a history"),
            ("environment", "set it for the session"),
        ],
        remarks,
    );
    table.finish(remarks);
    window
}

fn pane(place: &str, value: Value, before: &[String], remarks: &mut Remarks) -> PaneTable {
    let mut pane = PaneTable::default();
    let mut commands = before.to_vec();
    match value {
        Value::Object(_) => {
            let Some(mut table) = Table::of(place, value, remarks) else {
                return pane;
            };
            pane.directory = table.text("start_directory", remarks);
            pane.focus = table.flag("focus", remarks);
            pane.title = table.text("title", remarks);
            commands.extend(table.texts("shell_command_before", remarks));
            let own = table.take("shell_command");
            commands.extend(typed_commands(&table.place("shell_command"), own, remarks));
            commands.extend(table.texts("shell", remarks));
            table.without_counterpart(
                &[
                    ("suppress_history", "tsm types nothing, so nothing gets into a history"),
                    ("enter", "tsm types nothing"),
                    ("sleep_before", "tsm types nothing, so nothing must be waited for"),
                    ("sleep_after", "tsm types nothing, so nothing must be waited for"),
                    ("environment", "set it for the session"),
                ],
                remarks,
            );
            table.finish(remarks);
        }
        value => {
            let own = texts(place, value, remarks);
            // `blank` and `pane` are tmuxp's words for nothing.
            commands.extend(
                own.into_iter()
                    .filter(|command| !matches!(command.as_str(), "" | "blank" | "pane")),
            );
        }
    }
    typed(commands, &mut pane);
    pane
}

/// A text, or a list of texts and of tables with `cmd`.
fn typed_commands(place: &str, value: Option<Value>, remarks: &mut Remarks) -> Vec<String> {
    let values = match value {
        None => return Vec::new(),
        Some(Value::Array(values)) => values,
        Some(value) => vec![value],
    };
    let mut commands = Vec::new();
    for (n, value) in values.into_iter().enumerate() {
        let place = format!("{place}[{n}]");
        if let Some(command) = text(&value) {
            commands.push(command);
        } else if let Some(mut table) = (!value.is_null()).then(|| Table::of(&place, value, remarks)).flatten() {
            if table.take("enter") == Some(Value::Bool(false)) {
                let command = table.text("cmd", remarks).unwrap_or_default();
                remarks.push(Remark::new(
                    &place,
                    format!("{command:?} was only typed; tsm types nothing"),
                ));
            } else {
                commands.extend(table.text("cmd", remarks));
            }
            table.without_counterpart(
                &[
                    ("sleep_before", "tsm types nothing, so nothing must be waited for"),
                    ("sleep_after", "tsm types nothing, so nothing must be waited for"),
                    ("suppress_history", "tsm types nothing, so nothing gets into a history"),
                ],
                remarks,
            );
            table.finish(remarks);
        }
    }
    commands
}
