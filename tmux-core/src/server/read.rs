//! Reading several things in one call.

use bstr::BString;

use crate::format::Row;
use crate::{
    Batch, CapturePane, Command, CommandResult, DecodeError, EnvironmentScope, Error, OptionName, OptionScope, PaneId,
    RowFormat, Server, Variable,
};

impl Server {
    /// The contents of panes, in one call. A pane that isn't there has an error of its own.
    ///
    /// The server serves nobody else meanwhile: 5 µs a line (measured on 3.3a), so at most some 10,000 lines a call.
    ///
    /// # Errors
    ///
    /// Only if the call as a whole didn't come through.
    pub fn capture_panes(
        &self,
        captures: impl IntoIterator<Item = CapturePane>,
    ) -> Result<Vec<Result<BString, Error>>, Error> {
        let mut batch = Batch::go_on();
        batch.extend(captures.into_iter().map(CapturePane::command));
        let results = self.run_batch(&batch)?.into_iter();
        Ok(results.filter_map(CommandResult::output).collect())
    }

    /// Fields of panes, in one call; `None` for a pane that isn't there.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`], or that the call as a whole didn't come through.
    pub fn pane_fields(&self, panes: &[PaneId], fields: &[&'static str]) -> Result<Vec<Option<Row>>, Error> {
        // A pane that isn't there gives fields of another one, or none, and status 0: its id tells.
        let row = RowFormat::new([&["pane_id"], fields].concat());
        let mut batch = Batch::go_on();
        batch.extend(panes.iter().map(|pane| Command::print_row(*pane, &row)));
        let results = self.run_batch(&batch)?;
        let rows = panes.iter().zip(results).map(|(pane, result)| match result.output() {
            Some(Ok(output)) => {
                let rows = row.decode(&output)?;
                if rows.is_empty() {
                    return Err(Error::Decode(DecodeError::Incomplete { missing: "pane" }));
                }
                let is_it = |row: &Row| row.read("pane_id", PaneId::parse) == Ok(*pane);
                Ok(rows.into_iter().find(is_it))
            }
            Some(Err(Error::NotFound { .. })) => Ok(None),
            Some(Err(error)) => Err(error),
            None => Err(Error::Decode(DecodeError::Truncated)),
        });
        rows.collect()
    }

    /// The value of an option; `None` if it isn't set there. With `inherited` one from above counts.
    ///
    /// tmux 3.4 to 3.5a print control bytes and invalid UTF-8 as escapes here, which can't be told from the same text: what
    /// must come back byte for byte is read with a snapshot's `user_options`. A hook of the user on `after-show-options` that
    /// prints adds to the value.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] without that object.
    pub fn option(&self, scope: OptionScope, name: &OptionName, inherited: bool) -> Result<Option<BString>, Error> {
        let mut batch = Batch::stop();
        batch.push(Command::show_option(scope, name, inherited));
        let output = self.run_batch(&batch)?.pop().and_then(CommandResult::output);
        let mut value = output.transpose()?.unwrap_or_default();
        // An option with an empty value prints an empty line, one that isn't set prints nothing.
        let set = value.ends_with(b"\n");
        if set {
            value.pop();
        }
        Ok(set.then_some(value))
    }

    /// The variables that are set or marked as removed there; those from above are not among them.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] without that session.
    pub fn environment(&self, scope: EnvironmentScope) -> Result<Vec<Variable>, Error> {
        let mut batch = Batch::stop();
        batch.push(Command::show_environment(scope));
        let output = self.run_batch(&batch)?.pop().and_then(CommandResult::output);
        Ok(Variable::parse_all(&output.transpose()?.unwrap_or_default())?)
    }
}
