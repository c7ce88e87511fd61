//! smug: <https://github.com/ivaaaan/smug#examples>.

use super::table::{Remarks, Table};
use super::{ImportedProject, MAX_PANES, Remark, project_name, typed};
use crate::template::{PaneTable, Split, TemplateTable, WindowTable};

pub(super) fn read(mut file: Table, remarks: &mut Remarks) -> ImportedProject {
    let name = file.text("session", remarks).unwrap_or_default();
    let name = project_name(&name, "session", remarks);
    let path = file.text("root", remarks);
    let mut template = TemplateTable {
        description: Some(format!("{name}, from smug")),
        environment: file.words("env", remarks),
        ..TemplateTable::default()
    };
    let windows = file.list("windows", remarks);
    for (n, value) in windows.into_iter().take(MAX_PANES).enumerate() {
        if let Some(table) = Table::of(&format!("windows[{n}]"), value, remarks) {
            template.windows.extend(window(table, remarks));
        }
    }
    let hook = "tsm runs nothing of it; its hooks can";
    file.without_counterpart(
        &[
            ("before_start", hook),
            ("stop", hook),
            ("attach", "`tsm create` doesn't attach, `tsm switch` does"),
            ("attach_hook", hook),
            ("detach_hook", hook),
            ("sendkeys_timeout", "tsm types nothing"),
            ("rebalance_panes_after", "tsm arranges them once"),
            ("tmux", "~/.tmux.conf is read by tmux itself"),
        ],
        remarks,
    );
    file.finish(remarks);
    ImportedProject {
        name,
        path,
        server: None,
        template: Some(template),
    }
}

/// `None` for a window that smug opens only when it is asked to.
fn window(mut table: Table, remarks: &mut Remarks) -> Option<WindowTable> {
    let mut window = WindowTable {
        name: table.text("name", remarks),
        directory: table.text("root", remarks),
        layout: table.text("layout", remarks),
        focus: table.flag("selected", remarks),
        ..WindowTable::default()
    };
    let mut first = PaneTable::default();
    typed(table.texts("commands", remarks), &mut first);
    window.panes.push(first);
    let mut splits = Vec::new();
    let panes = table.list("panes", remarks);
    for (n, value) in panes.into_iter().take(MAX_PANES).enumerate() {
        let Some(mut table) = Table::of(&table.place(&format!("panes[{n}]")), value, remarks) else {
            continue;
        };
        splits.push(match table.text("type", remarks).as_deref() {
            Some("horizontal") => Split::Columns,
            _ => Split::Rows,
        });
        let mut pane = PaneTable {
            directory: table.text("root", remarks),
            ..PaneTable::default()
        };
        typed(table.texts("commands", remarks), &mut pane);
        table.finish(remarks);
        window.panes.push(pane);
    }
    if window.layout.is_none() && !splits.is_empty() {
        match splits.iter().all(|split| Some(split) == splits.first()) {
            true => window.split = splits.first().copied(),
            false => window.layout = Some("tiled".to_owned()),
        }
    }
    let place = table.place("manual");
    let manual = table.flag("manual", remarks);
    table.without_counterpart(&[("before_start", "tsm runs nothing of it; its hooks can")], remarks);
    table.finish(remarks);
    if manual {
        remarks.push(Remark::new(
            &place,
            "the window is left out: smug opens it only when asked to",
        ));
        return None;
    }
    Some(window)
}
