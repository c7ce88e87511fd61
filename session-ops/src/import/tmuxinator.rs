//! tmuxinator: <https://github.com/tmuxinator/tmuxinator#create-a-project>.

use serde_json::Value;

use super::table::{Remarks, Table, text, texts};
use super::{ImportedProject, MAX_PANES, Remark, project_name, server, typed};
use crate::template::{PaneTable, TemplateTable, WindowTable};

/// `stem` is the name of a file that has no `name`.
pub(super) fn read(mut file: Table, stem: &str, remarks: &mut Remarks) -> ImportedProject {
    let name = file
        .text("name", remarks)
        .or_else(|| file.text("project_name", remarks));
    let name = project_name(name.as_deref().unwrap_or(stem), "name", remarks);
    let path = file
        .text("root", remarks)
        .or_else(|| file.text("project_root", remarks));
    let mut before = file.texts("pre_window", remarks);
    before.extend(file.texts("pre_tab", remarks));
    before.extend(
        file.texts("rbenv", remarks)
            .into_iter()
            .map(|version| format!("rbenv shell {version}")),
    );
    before.extend(
        file.texts("rvm", remarks)
            .into_iter()
            .map(|version| format!("rvm use {version}")),
    );
    let startup = file.text("startup_window", remarks);
    let startup_pane = file.text("startup_pane", remarks);
    let mut windows = file.list("windows", remarks);
    windows.extend(file.list("tabs", remarks));
    let mut template = TemplateTable {
        description: Some(format!("{name}, from tmuxinator")),
        ..TemplateTable::default()
    };
    for (n, value) in windows.into_iter().take(MAX_PANES).enumerate() {
        let place = format!("windows[{n}]");
        if let Some(window) = window(&place, value, &before, remarks) {
            template.windows.push(window);
        }
    }
    focus(&mut template, startup, startup_pane, remarks);
    let server = server(&mut file, remarks);
    let hook = "tsm runs nothing of it; its hooks can";
    file.without_counterpart(
        &[
            ("pre", hook),
            ("post", hook),
            ("on_project_start", hook),
            ("on_project_first_start", hook),
            ("on_project_restart", hook),
            ("on_project_exit", hook),
            ("on_project_stop", hook),
            ("attach", "`tsm create` doesn't attach, `tsm switch` does"),
            ("tmux_options", "~/.tmux.conf is read by tmux itself"),
            ("cli_args", "~/.tmux.conf is read by tmux itself"),
            ("tmux_command", "TSM_TMUX names the program"),
            ("tmux_detached", "`tsm create` doesn't attach"),
            ("enable_pane_titles", "set pane-border-status in ~/.tmux.conf"),
            ("pane_title_position", "set pane-border-status in ~/.tmux.conf"),
            ("pane_title_format", "set pane-border-format in ~/.tmux.conf"),
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

/// `- name: commands` or `- name: {layout, panes, …}`.
fn window(place: &str, value: Value, before: &[String], remarks: &mut Remarks) -> Option<WindowTable> {
    if let Some(name) = text(&value) {
        return Some(WindowTable {
            name: Some(name),
            panes: vec![pane(None, before.to_vec())],
            ..WindowTable::default()
        });
    }
    let Some((name, value)) = Table::of(place, value, remarks)?.only() else {
        remarks.push(Remark::new(place, "it isn't a name with what is in the window"));
        return None;
    };
    let mut window = WindowTable {
        name: Some(name.clone()),
        ..WindowTable::default()
    };
    let place = format!("{place}.{name}");
    let mut before = before.to_vec();
    if !value.is_object() {
        before.extend(texts(&place, value, remarks));
        window.panes.push(pane(None, before));
        return Some(window);
    }
    let mut table = Table::of(&place, value, remarks)?;
    window.directory = table.text("root", remarks);
    window.layout = table.text("layout", remarks);
    before.extend(table.texts("pre", remarks));
    if let Some(synchronize) = table.text("synchronize", remarks)
        && synchronize != "false"
    {
        let on = crate::template::Word::Flag(true);
        window.options.insert("synchronize-panes".to_owned(), on);
    }
    let panes = match table.take("panes") {
        Some(Value::Array(panes)) => panes,
        Some(only) => vec![only],
        None => vec![Value::Null],
    };
    for (n, value) in panes.into_iter().take(MAX_PANES).enumerate() {
        let place = table.place(&format!("panes[{n}]"));
        window.panes.push(one_pane(&place, value, &before, remarks));
    }
    if window.panes.len() > 1 && window.layout.is_none() {
        window.layout = Some("tiled".to_owned());
    }
    table.finish(remarks);
    Some(window)
}

/// Commands, or `title: commands`.
fn one_pane(place: &str, value: Value, before: &[String], remarks: &mut Remarks) -> PaneTable {
    let mut commands = before.to_vec();
    if !value.is_object() {
        commands.extend(texts(place, value, remarks));
        return pane(None, commands);
    }
    let Some((title, value)) = Table::of(place, value, remarks).and_then(Table::only) else {
        remarks.push(Remark::new(place, "it isn't a title with the commands of the pane"));
        return pane(None, commands);
    };
    commands.extend(texts(&format!("{place}.{title}"), value, remarks));
    pane(Some(title), commands)
}

fn pane(title: Option<String>, commands: Vec<String>) -> PaneTable {
    let mut pane = PaneTable {
        title,
        ..PaneTable::default()
    };
    typed(commands, &mut pane);
    pane
}

fn focus(template: &mut TemplateTable, window: Option<String>, pane: Option<String>, remarks: &mut Remarks) {
    let wanted = match &window {
        None => template.windows.first_mut(),
        Some(window) => {
            let by_number = window.parse::<usize>().ok();
            let position = template
                .windows
                .iter()
                .position(|found| found.name.as_ref() == Some(window));
            match position.or(by_number) {
                Some(position) => template.windows.get_mut(position),
                None => None,
            }
        }
    };
    let Some(wanted) = wanted else {
        if let Some(window) = window {
            remarks.push(Remark::new("startup_window", format!("there is no window {window}")));
        }
        return;
    };
    wanted.focus = true;
    if let Some(pane) = pane {
        match pane.parse::<usize>().ok().and_then(|pane| wanted.panes.get_mut(pane)) {
            Some(pane) => pane.focus = true,
            None => remarks.push(Remark::new("startup_pane", format!("there is no pane {pane}"))),
        }
    }
}
