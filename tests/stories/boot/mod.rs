//! The boot services over HTTP and TFTP as other people's clients see them: curl, atftp, tftp-hpa, and bytes by hand where
//! no client can be told to misbehave.

mod arms;
mod dnf;
mod files;
mod floods;
mod limits;
mod requests;
mod rig;
mod tftp;
mod tftp_clients;
mod wire;
