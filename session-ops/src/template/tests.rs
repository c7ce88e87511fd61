use std::path::Path;

use bstr::BString;
use session_recovery::rebuild::Plan;
use session_state::Size;

use super::*;
use crate::project::Project;

fn planned(template: &TemplateTable, width: u32, height: u32) -> (Plan, Vec<String>) {
    let project = Project {
        name: "todo".to_owned(),
        path: "/".into(),
    };
    let words = |words: &[BString]| [&["run".into()], words].concat();
    let site = Site {
        project: &project,
        session_name: "claude-todo".to_owned(),
        id: "1".to_owned(),
        size: Size { width, height },
        window_name: "main",
        agent: None,
        home: Some(Path::new("/usr")),
        run: &words,
        shell: &|line| vec!["line".into(), line.into()],
    };
    plan("t", template, &site).expect("a plan")
}

fn sizes(plan: &Plan, window: usize) -> Vec<(u32, u32)> {
    let layout = plan.windows[window].layout.as_ref();
    let panes = layout.map(|layout| layout.panes().iter().map(|pane| (pane.width, pane.height)).collect());
    panes.unwrap_or_default()
}

fn parse(text: &str) -> TemplateTable {
    toml::from_str(text).expect("a template")
}

fn widths(width: u32) -> Vec<u32> {
    let (plan, _) = planned(&built_in()[DEFAULT], width, 40);
    sizes(&plan, 0).iter().map(|size| size.0).collect()
}

#[test]
fn the_right_pane_gets_a_tenth_and_never_less_than_twelve_columns() {
    assert_eq!(widths(200), [180, 19]);
    assert_eq!(widths(120), [107, 12]);
    assert_eq!(widths(80), [67, 12]);
    assert_eq!(widths(53), [40, 12]);
}

#[test]
fn what_is_too_narrow_is_shared_in_proportion() {
    assert_eq!(widths(52), [40, 11]);
    assert_eq!(widths(30), [23, 6]);
    assert_eq!(widths(3), [1, 1]);
}

#[test]
fn every_width_gives_a_layout_that_tmux_may_see() {
    for width in 3..1000 {
        let sizes = widths(width);
        assert_eq!(sizes.iter().sum::<u32>() + 1, width);
        assert!(width < 53 || (sizes[0] >= 40 && sizes[1] >= 12), "{width}");
    }
}

#[test]
fn what_has_no_room_is_built_larger_and_told() {
    let (plan, notices) = planned(&built_in()[DEFAULT], 2, 1);
    assert_eq!(plan.size, Some(Size { width: 3, height: 1 }));
    assert_eq!(
        notices,
        ["the template t needs 3x1 cells at least and is built so large; there are 2x1"]
    );
    let nested = parse(
        "[[windows]]\npanes = [{ share = 99 }, { share = 1, split = \"columns\", panes = [{}, {}, {}] }]\n\
         [[windows]]\nlayout = \"even-horizontal\"\npanes = [{}, {}, {}, {}]\n",
    );
    for width in 1..120 {
        let (plan, notices) = planned(&nested, width, 1);
        assert_eq!(sizes(&plan, 0).len(), 4);
        assert_eq!(sizes(&plan, 1).len(), 4);
        assert_eq!(notices.is_empty(), width >= 7, "{width}");
        assert!(
            plan.windows[0]
                .layout
                .as_ref()
                .is_some_and(|layout| layout.check(4).is_ok())
        );
    }
}

#[test]
fn panes_get_what_the_template_says() {
    let template = parse(
        r##"
        environment = { EDITOR = "vi", DEBUG = true }
        options = { mouse = true, main-pane-width = "50%" }
        [[windows]]
        name = "edit"
        directory = "usr"
        split = "rows"
        panes = [
            { share = 3, run = ["vi", "."], title = "#(x)" },
            { share = 1, split = "columns", panes = [{ shell = "make", directory = "bin", focus = true }, { directory = "~/lib" }] },
        ]
        [[windows]]
        layout = "main-vertical"
        focus = true
        zoomed = true
        options = { synchronize-panes = true }
        panes = [{}, {}, { directory = "/nonexistent" }]
        [[windows]]
        "##,
    );
    let (plan, notices) = planned(&template, 101, 41);
    assert_eq!(notices, [""; 0]);
    assert_eq!(sizes(&plan, 0), [(101, 30), (50, 10), (50, 10)]);
    assert_eq!(sizes(&plan, 1), [(50, 41), (50, 20), (50, 20)]);
    let first = &plan.windows[0].panes;
    assert_eq!(first[0].program, ["run", "vi", "."]);
    assert_eq!(first[1].program, ["line", "make"]);
    assert_eq!(first[0].title, Some("#(x)".into()));
    let directories: Vec<_> = first.iter().map(|pane| pane.directory.clone()).collect();
    let resolved = |path: &str| Path::new(path).canonicalize().expect("resolved");
    assert_eq!(
        directories,
        [resolved("/usr"), resolved("/usr/bin"), resolved("/usr/lib")]
    );
    assert!(first[1].active && plan.windows[1].active && plan.windows[1].zoomed);
    let last = &plan.windows[1].panes[2];
    assert_eq!((last.directory.as_path(), last.differences.len()), (Path::new("/"), 1));
    let names: Vec<_> = plan.windows.iter().map(|window| window.name.clone()).collect();
    assert_eq!(names, [Some("edit".into()), None, None]);
    assert_eq!(
        plan.environment,
        [("DEBUG".into(), "true".into()), ("EDITOR".into(), "vi".into())]
    );
    let options: Vec<_> = plan
        .options
        .iter()
        .map(|o| (o.window, o.name.to_string(), o.value.to_string()))
        .collect();
    let wide = |n| (Some(n), "main-pane-width".to_owned(), "50%".to_owned());
    assert_eq!(
        options,
        [
            wide(0),
            wide(1),
            wide(2),
            (None, "mouse".to_owned(), "on".to_owned()),
            (Some(1), "synchronize-panes".to_owned(), "on".to_owned()),
        ]
    );
}
