// apps/demo/include/apps/demo/demo_command.hpp - `spillway demo`: a whole market on one machine, of real
// processes.
// Room:   apps, library demo; sees market, sim import, gateway client and wire.
// Errors: told on standard error.
// Exit:   0 the auditor is content and the books balance, 1 not, 2 wrong flags.
#pragma once

namespace spillway {

/// `argv[0]` is the name that the usage line shows.
int run_demo_command(int argc, char** argv);

}  // namespace spillway
