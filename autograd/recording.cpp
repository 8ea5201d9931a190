#include <trous/autograd/recording.h>

namespace trous {
namespace {

thread_local Recording::Mode current_mode = Recording::needed;

}  // namespace

Recording::Recording(Mode mode) : outer_(current_mode) { current_mode = mode; }
Recording::~Recording() { current_mode = outer_; }
Recording::Mode Recording::mode() { return current_mode; }

}  // namespace trous
