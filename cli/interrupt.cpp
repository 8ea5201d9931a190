#include <csignal>
#include <initializer_list>

#include <trous/cli/interrupt.h>

namespace trous::cli {
namespace {

volatile std::sig_atomic_t asked = 0;

void ask(int) { asked = 1; }

}  // namespace

void heed_interrupts() {
  struct sigaction action {};
  action.sa_handler = ask;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

bool interrupted() { return asked != 0; }

void check_interrupt(const std::string& command, const std::string& when) {
  if (interrupted()) throw Interrupted(command + ": interrupted " + when + '.');
}

}  // namespace trous::cli
