//! Coming to be a control client.

use std::time::Duration;

use bstr::BString;

use super::Attach;
use super::channel::Channel;
use crate::server_info::Query;
use crate::transport::direct::{DescriptorMark, Direct, Unsendable, encode_control};
use crate::{Error, Request, ServerInfo, Transport};

/// What the server says of itself: its version decides how it is attached to.
pub(super) fn server_info(direct: &Direct, limit: Duration) -> Result<ServerInfo, Error> {
    let question = Query::default();
    let reply = direct.run(&Request::reading(vec![question.command()], limit))?;
    let info = question.decode(&reply.stdout)?;
    let info = info.ok_or(Error::Decode(crate::DecodeError::Truncated))?;
    if info.version.is_supported() {
        Ok(info)
    } else {
        Err(Error::TooOld {
            found: info.version.to_string(),
        })
    }
}

/// Hands the server one end of a socket pair.
pub(super) fn pass(direct: &Direct, server: &ServerInfo, attach: &Attach) -> Result<Channel, Error> {
    let mark = if server.version.at_least(3, 6) {
        DescriptorMark::TopBit
    } else {
        DescriptorMark::Flag
    };
    let flags = attach.flags.to_argument();
    let session = attach.session.to_string();
    let argv: Vec<BString> = ["attach-session", "-E", "-f", &flags, "-t", &session]
        .into_iter()
        .map(BString::from)
        .collect();
    let identification = encode_control(direct.identity(), mark, &argv).map_err(|unsendable| match unsendable {
        Unsendable::NulByte => Error::NulByte {
            command: "attach-session".to_owned(),
        },
        Unsendable::TooLong => Error::TooLong,
    })?;
    let connection = direct.connect(attach.limit)?;
    // The way a descriptor is marked belongs to the version that was asked.
    if connection.server_pid() != server.pid {
        return Err(Error::ServerRestarted {
            socket: direct.socket().path().to_owned(),
        });
    }
    Channel::pass(connection, &identification).map_err(Error::Io)
}
