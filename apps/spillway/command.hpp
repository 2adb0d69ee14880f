// apps/spillway/command.hpp - each verb adds itself to the command line; its callback leaves the exit status.
// Room:   apps.
// Exit:   0 done, 1 refused or failed (a sentence on standard error), 2 the command line or the login is
//         wrong.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace spillway {

inline constexpr int exit_done = 0, exit_failed = 1, exit_misused = 2;

void add_serve(CLI::App& app, int& status);
void add_provider(CLI::App& app, int& status);
void add_selftest(CLI::App& provider, int& status);
void add_admin(CLI::App& app, int& status);
void add_trade(CLI::App& app, int& status);
void add_witness(CLI::App& app, int& status);

/// "spillway: <sentence>" on standard error.
int failed(std::string const& sentence, int status = exit_failed);

}  // namespace spillway
